package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/statestore/sqlite"
	"github.com/bongsu/bongsu/telemetry"
	"github.com/bongsu/bongsu/text"
)

const password = "three unlikely words 7"

var rule = &detect.Rule{
	Detector: "scan", Name: "vertical", Severity: event.SeverityHigh,
	Title: text.Message{EN: "{src} tries ports", KO: "{src} 포트 탐색"}, Why: text.Message{EN: "why", KO: "왜"},
	Now: text.Message{EN: "now", KO: "지금"}, Hush: text.Message{EN: "hush", KO: "억제"},
	HushBy: []detect.HushPart{detect.BySource},
}

// An office is the API over the real modules on a real database.
type office struct {
	*httptest.Server
	gate    *identity.Gate
	desk    *incident.Desk
	log     *audit.Log
	uploads *uploads
	system  *system
	engine  *engine
	handler http.Handler

	mu  sync.Mutex
	now time.Time

	token string // of an account that may do everything
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newOffice(t testing.TB) *office {
	t.Helper()
	ctx := t.Context()
	o := &office{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), uploads: &uploads{}, system: &system{}, engine: &engine{}}
	folder := t.TempDir()
	db := must(sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(folder, "bongsu.db"), Clock: o.clock}))
	t.Cleanup(func() { _ = db.Close() })
	o.log = must(audit.Open(ctx, audit.Config{Store: db.Audit(), Clock: o.clock, Anchor: filepath.Join(folder, "audit.head")}))
	people := db.Identity()
	o.gate = must(identity.Open(ctx, identity.Config{
		Accounts: people, Setups: people, Sessions: people, Tokens: people, Transact: db, Audit: o.log, Clock: o.clock,
	}))
	o.desk = incident.NewDesk(incident.DeskConfig{
		Findings: db.Findings(), Incidents: db.Incidents(), Suppressions: db.Suppressions(), Transact: db, Audit: o.log,
		Rules: []*detect.Rule{rule}, Segments: segment.NewMap(segment.Defaults()), Clock: o.clock, Log: slog.New(slog.DiscardHandler),
	})
	assets := must(asset.New(ctx, asset.Config{Store: db.Assets(), Together: db, Audit: o.log, Segments: segment.NewMap(segment.Defaults()), Clock: o.clock}))
	hunts := hunt.NewService(hunt.Config{Engine: o.engine, Store: db.Hunts(), Audit: o.log, Transactor: db, Clock: o.clock})
	o.handler = must(api.New(api.Config{
		Gate: o.gate, Desk: o.desk, Hunts: hunts, Assets: assets, Audit: o.log, Uploads: o.uploads, System: o.system,
		Ingest: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }), BadCursor: statestore.ErrCursor,
		Metrics: telemetry.New("test", "test"), Clock: o.clock, Log: slog.New(slog.DiscardHandler), Version: "test",
	}))
	o.Server = httptest.NewServer(o.handler)
	t.Cleanup(o.Close)
	secret, _, err := o.gate.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := o.gate.Setup(ctx, secret, identity.Attempt{Password: password, Peer: "192.0.2.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	o.token = o.tokenFor(t, session.Account)
	return o
}

// tokenFor makes a token of the account, for some actions or all.
func (o *office) tokenFor(t testing.TB, account string, scopes ...identity.Action) string {
	t.Helper()
	ctx := identity.With(t.Context(), identity.Who{Account: account, Name: "admin", Role: identity.Administrator}, "")
	_, secret, err := o.gate.NewToken(ctx, identity.TokenRequest{Name: "test", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// A call is one request.
type call struct {
	method, path, body string
	token              string // "" is that of the office, "none" is none
	header             map[string]string
	host               string
}

// An answer is what came back, read to its end.
type answer struct {
	*http.Response
	text string
}

func (a *answer) json(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		t.Fatalf("answer %.300q: %v", a.text, err)
	}
}

// problem is an error as clients see it.
type problem struct {
	Title, Detail, Field string
	Status               int
	Hint                 text.Said
	Errors               []struct{ Message, Location string }
}

func (a *answer) problem(t testing.TB) problem {
	t.Helper()
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("answer %d is %q: %.200s", a.StatusCode, kind, a.text)
	}
	var p problem
	a.json(t, &p)
	if p.Status != a.StatusCode || p.Title != http.StatusText(a.StatusCode) {
		t.Errorf("answer %d says of itself: %+v", a.StatusCode, p)
	}
	return p
}

func (o *office) request(t testing.TB, c call) *http.Request {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), c.method, o.URL+api.Prefix+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch c.token {
	case "none":
	case "":
		r.Header.Set("Authorization", "Bearer "+o.token)
	default:
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if c.host != "" {
		r.Host = c.host
	}
	return r
}

func (o *office) ask(t testing.TB, c call) *answer {
	t.Helper()
	got, err := o.Client().Do(o.request(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{got, string(text)}
}

// want asks and complains where the answer is another.
func (o *office) want(t testing.TB, code int, c call) *answer {
	t.Helper()
	got := o.ask(t, c)
	if got.StatusCode != code {
		t.Errorf("%s %s: %d, not %d: %.400s", c.method, c.path, got.StatusCode, code, got.text)
	}
	return got
}

// finding makes one that is its own incident.
func finding(n int, recording string) detect.Finding {
	e := event.New(event.NetworkActivity, time.Date(2026, 3, 1, 0, 0, n, 0, time.UTC), event.Origin{Source: "a", Position: uint64(n)})
	e.SetStr(event.SrcIP, fmt.Sprintf("192.0.2.%d", n))
	f := rule.New(fmt.Sprint(n), e, text.Args{"src": fmt.Sprintf("192.0.2.%d", n)})
	f.Rest(e, "knocks")
	f.Involve("ip", fmt.Sprintf("192.0.2.%d", n), detect.Actor)
	f.Involve("ip", fmt.Sprintf("198.51.100.%d", n), detect.Target)
	f.Recording = recording
	return f
}

func (o *office) record(t testing.TB, list ...detect.Finding) {
	t.Helper()
	if err := o.desk.Record(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// engine answers with as many events as one likes, or none at all.
type engine struct {
	events  int // "endless" where below 0
	partial string
	err     error
	asked   chan struct{}
}

func (e *engine) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	if e.asked != nil {
		select {
		case e.asked <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if e.err != nil {
		return nil, e.err
	}
	r := &eventstore.Result{Partial: e.partial}
	from := 0
	if q.After != nil {
		from = int(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Sub(q.After.Time)/time.Second) + 1
	}
	for i := from; (e.events < 0 || i < e.events) && len(r.Events) < q.Limit; i++ {
		r.Events = append(r.Events, event.New(event.NetworkActivity, time.Date(2026, 3, 1, 0, 0, -i, 0, time.UTC), event.Origin{Source: "a", Position: uint64(i)}))
	}
	r.More = e.events < 0 || from+len(r.Events) < e.events
	return r, nil
}

// uploads takes files in and keeps their bytes.
type uploads struct {
	mu    sync.Mutex
	taken []source.Upload
	bytes map[string]string
}

func (u *uploads) Accept(_ context.Context, name string, body io.Reader) (source.Upload, bool, error) {
	text, err := io.ReadAll(io.LimitReader(body, 1<<10+1))
	if err != nil {
		return source.Upload{}, false, err
	}
	if len(text) > 1<<10 {
		return source.Upload{}, false, fmt.Errorf("take in: %w", api.ErrTooLarge)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, known := range u.taken {
		if u.bytes[known.ID] == string(text) {
			return known, true, nil
		}
	}
	up := source.Upload{ID: fmt.Sprintf("upl_%d", len(u.taken)), Name: name, Size: int64(len(text)), State: source.UploadQueued}
	u.taken = append(u.taken, up)
	if u.bytes == nil {
		u.bytes = map[string]string{}
	}
	u.bytes[up.ID] = string(text)
	return up, false, nil
}

func (u *uploads) Upload(_ context.Context, id string) (source.Upload, error) {
	for _, up := range u.taken {
		if up.ID == id {
			return up, nil
		}
	}
	return source.Upload{}, source.ErrNoUpload
}

func (u *uploads) List(_ context.Context, cursor string, _ int) ([]source.Upload, string, error) {
	if cursor != "" {
		return nil, "", fmt.Errorf("list: %w", statestore.ErrCursor)
	}
	return u.taken, "", nil
}

func (u *uploads) Delete(context.Context, string) error { return source.ErrNoUpload }

// system is a program that fares well.
type system struct{ broken bool }

func (s *system) Status(context.Context) api.Status { return api.Status{Version: "test", Ready: true} }

func (s *system) Backup(_ context.Context, w io.Writer) error {
	if _, err := w.Write(bytes.Repeat([]byte("tar"), 50_000)); err != nil {
		return err
	}
	if s.broken {
		return errors.New("disk is gone")
	}
	return nil
}

func (s *system) DeadLetters(context.Context, uint64, int) ([]api.DeadLetter, error) { return nil, nil }

func (s *system) RetryDeadLetter(context.Context, uint64) error {
	return fmt.Errorf("retry: %w", api.ErrNotFound)
}

func (s *system) DiscardDeadLetter(context.Context, uint64) error {
	return fmt.Errorf("discard: %w", api.ErrNotFound)
}
