package audit_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

// A place is a data folder with a log in it.
type place struct {
	t      *testing.T
	folder string
	now    time.Time
	db     *sqlite.DB
	log    *audit.Log
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, folder: t.TempDir(), now: time.Date(2026, 3, 2, 9, 0, 0, 120, time.UTC)}
	p.open()
	t.Cleanup(func() { p.db.Close() })
	return p
}

func (p *place) path() string   { return filepath.Join(p.folder, "bongsu.db") }
func (p *place) anchor() string { return filepath.Join(p.folder, "audit.head") }

func (p *place) clock() time.Time {
	p.now = p.now.Add(1500 * time.Millisecond)
	return p.now
}

func (p *place) open() {
	p.t.Helper()
	var err error
	if p.db, err = sqlite.Open(p.t.Context(), sqlite.Config{Path: p.path(), Clock: p.clock}); err != nil {
		p.t.Fatal(err)
	}
	p.log, err = audit.Open(p.t.Context(), audit.Config{Store: p.db.Audit(), Anchor: p.anchor(), Clock: p.clock})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) close() {
	p.t.Helper()
	if err := p.db.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) record(n int) {
	p.t.Helper()
	ctx := audit.WithActor(p.t.Context(), audit.Actor{ID: "usr_1", Name: "김보안", Peer: "192.0.2.7"})
	for i := range n {
		err := p.log.Record(ctx, audit.Entry{Action: "incident.state", Object: fmt.Sprintf("inc_%d", i), Detail: audit.Detail(map[string]any{"to": "<closed>", "n": i})})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) verify(known ...audit.Head) audit.Report {
	p.t.Helper()
	r, err := p.log.Verify(p.t.Context(), known...)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, said := range r.Say() {
		if strings.ContainsAny(said.EN+said.KO, "{}|") {
			p.t.Errorf("a value is missing: %+v", said)
		}
	}
	return r
}

// tamper changes the closed database behind the program's back.
func (p *place) tamper(statements ...string) {
	p.t.Helper()
	db, err := sql.Open("sqlite", p.path())
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	triggers := []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", "DROP TRIGGER audit_no_replace"}
	for _, s := range append(triggers, statements...) {
		if _, err := db.Exec(s); err != nil {
			p.t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestRecord(t *testing.T) {
	p := newPlace(t)
	if r := p.verify(); !r.Whole() || r.Entries != 0 {
		t.Errorf("an empty log: %+v", r)
	}
	p.record(3)
	if err := p.log.Record(t.Context(), audit.Entry{Action: "source.restart", Object: "syslog\x00\xff"}); err != nil {
		t.Fatal(err)
	}
	r := p.verify()
	if !r.Whole() || r.Entries != 4 || r.Anchor.State != audit.AnchorHolds || r.Anchor.Found != r.Head {
		t.Errorf("report is %+v", r)
	}
	page, next, err := p.log.List(t.Context(), audit.Filter{}, "", 3)
	if err != nil || len(page) != 3 || next == "" {
		t.Fatalf("page of %d entries, cursor %q, %v", len(page), next, err)
	}
	if e := page[0]; e.Actor.ID != audit.System || e.Object != "syslog\uFFFD\uFFFD" || string(e.Detail) != "{}" || e.Sequence != 4 {
		t.Errorf("newest entry is %+v", e)
	}
	if e := page[1]; e.Actor.Name != "김보안" || e.Previous != page[2].Hash || !e.Time.After(page[2].Time) {
		t.Errorf("entry is %+v", e)
	}
	for _, test := range []struct {
		filter audit.Filter
		want   []uint64
	}{
		{audit.Filter{Actor: "usr_1"}, []uint64{3, 2, 1}},
		{audit.Filter{Action: "source."}, []uint64{4}},
		{audit.Filter{Action: "source"}, nil},
		{audit.Filter{Action: "incident.state", Object: "inc_1"}, []uint64{2}},
		{audit.Filter{From: page[1].Time}, []uint64{4, 3}},
		{audit.Filter{Until: page[1].Time}, []uint64{2, 1}},
	} {
		page, _, err := p.log.List(t.Context(), test.filter, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, e := range page {
			got = append(got, e.Sequence)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.filter, diff)
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	p := newPlace(t)
	for name, e := range map[string]audit.Entry{
		"no verb":    {Action: "incident"},
		"no noun":    {Action: ".state"},
		"no object":  {Action: "a.b", Detail: json.RawMessage(`[1]`)},
		"no JSON":    {Action: "a.b", Detail: json.RawMessage(`{"a":`)},
		"no UTF-8":   {Action: "a.b", Detail: json.RawMessage("{\"a\":\"\xff\"}")},
		"too much":   {Action: "a.b", Detail: audit.Detail(map[string]string{"a": strings.Repeat("a", 70_000)})},
		"two values": {Action: "a.b", Detail: json.RawMessage(`{} {}`)},
	} {
		if err := p.log.Record(t.Context(), e); err == nil {
			t.Errorf("%s: %s was recorded", name, e.Action)
		}
	}
	if err := p.log.Record(t.Context(), audit.Entry{Action: "a.b", Detail: audit.Detail(func() {})}); err != nil {
		t.Errorf("a detail that cannot be written loses the entry: %v", err)
	}
	if r := p.verify(); r.Entries != 1 {
		t.Errorf("%d entries", r.Entries)
	}
}

// An entry is kept together with the change that it tells of.
func TestTransaction(t *testing.T) {
	p := newPlace(t)
	p.record(1)
	errUndo := errors.New("undo")
	for _, want := range []error{errUndo, nil} {
		err := p.db.Atomically(t.Context(), func(ctx context.Context) error {
			if err := p.db.Ledger().SetFact(ctx, "a", "1"); err != nil {
				return err
			}
			for range 2 {
				if err := p.log.Record(ctx, audit.Entry{Action: "fact.set", Object: "a"}); err != nil {
					return err
				}
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
		entries := uint64(1)
		if want == nil {
			entries = 3
		}
		if r := p.verify(); r.Entries != entries || !r.Whole() || r.Anchor.Found.Sequence != entries {
			t.Errorf("after %v the report is %+v", want, r)
		}
	}
}

func TestWriters(t *testing.T) {
	p := newPlace(t)
	var clock sync.Mutex
	log, err := audit.Open(t.Context(), audit.Config{Store: p.db.Audit(), Anchor: p.anchor(), Clock: func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return p.clock()
	}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if err := log.Record(t.Context(), audit.Entry{Action: "a.b"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if r := p.verify(); !r.Whole() || r.Entries != 160 || r.Anchor.Found != r.Head {
		t.Errorf("report is %+v", r)
	}
}

func TestTampering(t *testing.T) {
	for _, test := range []struct {
		name       string
		statements []string
		broken     uint64
		says       string
		anchor     audit.AnchorState
	}{
		{"nothing", nil, 0, "is whole", audit.AnchorHolds},
		{"actor changed", []string{`UPDATE audit SET actor_name = 'other' WHERE sequence = 4`}, 4, "was changed", audit.AnchorHolds},
		{"time changed", []string{`UPDATE audit SET time = time + 1 WHERE sequence = 1`}, 1, "was changed", audit.AnchorHolds},
		{"detail changed", []string{`UPDATE audit SET detail = '{}' WHERE sequence = 9`}, 9, "was changed", audit.AnchorHolds},
		{"text moved between members", []string{`UPDATE audit SET object = 'state' || object, action = 'incident.' WHERE sequence = 2`}, 2, "was changed", audit.AnchorHolds},
		{"taken out", []string{`DELETE FROM audit WHERE sequence = 5`}, 5, "Entry 5 is missing", audit.AnchorHolds},
		{"taken out and numbered anew", []string{
			`DELETE FROM audit WHERE sequence = 5`, `UPDATE audit SET sequence = sequence - 1 WHERE sequence > 5`,
		}, 5, "was changed", audit.AnchorAhead},
		{"beginning taken off", []string{`DELETE FROM audit WHERE sequence < 3`}, 1, "Entry 1 is missing", audit.AnchorHolds},
		{"end taken off", []string{`DELETE FROM audit WHERE sequence > 7`}, 0, "ends at 7", audit.AnchorAhead},
		{"all taken out", []string{`DELETE FROM audit`}, 0, "ends at 0", audit.AnchorAhead},
		{"hash changed", []string{`UPDATE audit SET hash = 'x' WHERE sequence = 10`}, 10, "was changed", audit.AnchorDiffers},
		{"negative sequence", []string{`UPDATE audit SET sequence = -4 WHERE sequence = 4`}, 1, "missing", audit.AnchorHolds},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.record(10)
			p.close()
			p.tamper(test.statements...)
			var err error
			if p.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: p.path(), Clock: p.clock}); err != nil {
				t.Fatal(err)
			}
			r, err := audit.Verify(t.Context(), p.db.Audit(), p.anchor())
			if err != nil {
				t.Fatal(err)
			}
			if r.Whole() != (test.name == "nothing") {
				t.Errorf("whole is %t", r.Whole())
			}
			var broken uint64
			if r.Broken != nil {
				broken = r.Broken.Sequence
			}
			if broken != test.broken || r.Anchor.State != test.anchor {
				t.Errorf("broken at %d, anchor %s; want %d, %s", broken, r.Anchor.State, test.broken, test.anchor)
			}
			if said := fmt.Sprint(r.Say()); !strings.Contains(said, test.says) {
				t.Errorf("said %s, without %q", said, test.says)
			}
		})
	}
}

// A chain that was written anew with right hashes, and its anchor with it,
// shows only by a head that was noted elsewhere.
func TestForgery(t *testing.T) {
	p := newPlace(t)
	p.record(5)
	noted := p.verify().Head
	p.record(1)
	if r := p.verify(noted); !r.Whole() {
		t.Errorf("a log that goes on from the noted head: %+v", r)
	}
	forged := newPlace(t)
	forged.clock()
	forged.record(6)
	if r := forged.verify(); !r.Whole() {
		t.Errorf("a chain of its own does not hold: %+v", r)
	}
	if r := forged.verify(noted); r.Whole() || len(r.Strangers) != 1 || r.Broken != nil || r.Anchor.State != audit.AnchorHolds {
		t.Errorf("report is %+v", r)
	}
}

// The database itself refuses what only a mistake of the program would do.
func TestAppendOnly(t *testing.T) {
	p := newPlace(t)
	p.record(2)
	p.close()
	db, err := sql.Open("sqlite", p.path())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		`UPDATE audit SET object = '' WHERE sequence = 1`, `DELETE FROM audit`,
		`REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1`,
	} {
		if _, err := db.Exec(s); err == nil || !strings.Contains(err.Error(), "append only") {
			t.Errorf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	p.open()
}

// What the anchor says is not lost by recording on.
func TestAnchorAtStart(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(p *place)
		state   audit.AnchorState
		entries uint64
	}{
		{"behind, as after a crash", func(p *place) {
			b, _ := os.ReadFile(p.anchor())
			p.open()
			p.record(2)
			p.close()
			os.WriteFile(p.anchor(), b, 0o600)
		}, "", 7},
		{"ahead, as after a restored backup", func(p *place) { p.tamper(`DELETE FROM audit WHERE sequence > 3`) }, audit.AnchorAhead, 4},
		{"differs", func(p *place) { p.tamper(`UPDATE audit SET hash = previous WHERE sequence = 5`) }, audit.AnchorDiffers, 6},
		{"missing", func(p *place) { os.Remove(p.anchor()) }, audit.AnchorMissing, 6},
		{"unreadable", func(p *place) { os.WriteFile(p.anchor(), []byte("5 abc\n"), 0o600) }, audit.AnchorUnreadable, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.record(5)
			p.close()
			test.change(p)
			p.open()
			if r := p.verify(); r.Anchor.State != audit.AnchorHolds || r.Anchor.Found.Sequence != test.entries {
				t.Errorf("after the start the report is %+v", r)
			}
			page, _, err := p.log.List(t.Context(), audit.Filter{Action: "audit.anchor"}, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case test.state == "" && len(page) > 0:
				t.Errorf("recorded without need: %s", page[0].Detail)
			case test.state != "" && (len(page) != 1 || !strings.Contains(string(page[0].Detail), `"state":"`+string(test.state)+`"`)):
				t.Errorf("recorded %v", page)
			}
			aside, _ := filepath.Glob(p.anchor() + ".was-*")
			if kept := test.state != "" && test.state != audit.AnchorMissing; kept != (len(aside) == 1) {
				t.Errorf("set aside: %v", aside)
			}
		})
	}
}

// Only what the package comment says is used here.
func TestExportVerifiesElsewhere(t *testing.T) {
	p := newPlace(t)
	p.record(3)
	err := p.log.Record(t.Context(), audit.Entry{Action: "note.add", Object: "inc_1", Detail: json.RawMessage("{ \"text\": \"a<b & 한글 \\u2028 \u2028\" }")})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.log.Export(t.Context(), &out, audit.Filter{}); err != nil {
		t.Fatal(err)
	}
	lines, previous := bufio.NewScanner(&out), ""
	n := 0
	for lines.Scan() {
		n++
		var e struct {
			Sequence             json.Number
			Time, Action, Object string
			Actor                struct{ ID, Name, Peer string }
			Detail               json.RawMessage
			Previous, Hash       string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		var netstrings strings.Builder
		for _, s := range []string{
			"bongsu audit 1", e.Sequence.String(), e.Time, e.Actor.ID, e.Actor.Name, e.Actor.Peer, e.Action, e.Object, string(e.Detail), e.Previous,
		} {
			fmt.Fprintf(&netstrings, "%d:%s,", len(s), s)
		}
		sum := sha256.Sum256([]byte(netstrings.String()))
		if hex.EncodeToString(sum[:]) != e.Hash || e.Previous != previous {
			t.Errorf("line %d does not verify: %s", n, lines.Text())
		}
		previous = e.Hash
	}
	if n != 4 {
		t.Errorf("%d lines", n)
	}
	if err := p.log.Export(t.Context(), failing{}, audit.Filter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("export to a closed pipe ends with: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
