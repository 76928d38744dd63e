package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/eventstore"
)

// record8 makes eight incidents: one live, seven of recordings.
func record8(t testing.TB, o *office) {
	t.Helper()
	o.record(t, finding(1, ""))
	for i := range 7 {
		o.record(t, finding(10+i, fmt.Sprintf("upl_%d/a.pcap", i/2)))
	}
}

type ocsf struct {
	Message  string `json:"message"`
	Metadata struct {
		UID string `json:"uid"`
	} `json:"metadata"`
	FindingInfo struct {
		UID string `json:"uid"`
	} `json:"finding_info"`
	Unmapped struct {
		State     string `json:"state"`
		Recording string `json:"recording"`
	} `json:"unmapped"`
}

type ocsfPage struct {
	Items []ocsf
	Next  string
}

func TestPaging(t *testing.T) {
	o := newOffice(t)
	record8(t, o)
	for _, path := range []string{"/incidents", "/findings"} {
		seen := map[string]int{}
		cursor := ""
		for pages := 0; pages < 5; pages++ {
			var p ocsfPage
			o.want(t, 200, call{path: path + "?limit=3&cursor=" + cursor}).json(t, &p)
			if len(p.Items) > 3 {
				t.Errorf("%s: a page of %d", path, len(p.Items))
			}
			for _, x := range p.Items {
				seen[x.Metadata.UID+x.FindingInfo.UID]++
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if len(seen) != 8 || cursor != "" || slices.Max(slices.Collect(maps.Values(seen))) > 1 {
			t.Errorf("%s: %v, next %q", path, seen, cursor)
		}
		o.want(t, 400, call{path: path + "?cursor=nonsense"}).problem(t)
		o.want(t, 422, call{path: path + "?limit=0"}).problem(t)
		o.want(t, 422, call{path: path + "?limit=501"}).problem(t)
		o.want(t, 422, call{path: path + "?limit=ten"}).problem(t)
		for recording, want := range map[string]int{"live": 1, "upl_1/a.pcap": 2, "upl_1/": 2, "upl_3/": 1, "upl_": 0, "": 8} {
			var p ocsfPage
			o.want(t, 200, call{path: path + "?recording=" + recording}).json(t, &p)
			if len(p.Items) != want {
				t.Errorf("%s of %q: %d, not %d", path, recording, len(p.Items), want)
			}
		}
	}
	for _, path := range []string{"/suppressions", "/hunts", "/audit", "/assets", "/uploads"} {
		got := o.ask(t, call{path: path + "?cursor=nonsense"})
		if got.StatusCode != 400 && got.StatusCode != 422 {
			t.Errorf("%s takes a cursor of somebody else: %d %s", path, got.StatusCode, got.text)
		}
		o.want(t, 200, call{path: path})
	}
}

func TestRequestsThatSayTooMuch(t *testing.T) {
	o := newOffice(t)
	for _, c := range []call{
		{path: "/incidents?limits=3"},
		{path: "/status?limits=3"},
		{method: "POST", path: "/hunts", body: `{"name":"a","query":"","limits":3}`},
		{method: "POST", path: "/suppressions", body: `{"reason":"x","until":"2026-03-03T00:00:00Z","scope":{"rule":"scan/vertical","limits":1}}`},
		{method: "POST", path: "/sessions", body: `{"name":"a","password":"b","limits":1}`},
	} {
		p := o.want(t, 422, c).problem(t)
		if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Location, "limits") {
			t.Errorf("%s: %+v", c.path, p)
		}
	}
}

func TestConflict(t *testing.T) {
	o := newOffice(t)
	o.record(t, finding(1, ""))
	var list ocsfPage
	o.want(t, 200, call{path: "/incidents"}).json(t, &list)
	path := "/incidents/" + list.Items[0].Metadata.UID
	var d struct {
		Version  int
		Incident ocsf
		Notes    []struct{ Text, Author string }
		History  []struct{ Kind string }
		Findings []ocsf
	}
	o.want(t, 200, call{path: path}).json(t, &d)
	if len(d.Findings) != 1 || d.Incident.Metadata.UID == "" {
		t.Errorf("incident: %+v", d)
	}
	change := func(version int, rest string) call {
		return call{method: "PATCH", path: path, body: fmt.Sprintf(`{"version":%d,%s}`, version, rest)}
	}
	o.want(t, 200, change(d.Version, `"state":"open","owner":"mina","note":"mine"`)).json(t, &d)
	if d.Incident.Unmapped.State != "open" || len(d.Notes) != 1 || d.Notes[0].Author == "" {
		t.Errorf("changed: %+v", d)
	}
	p := o.want(t, 409, change(d.Version-1, `"state":"contained"`)).problem(t)
	if p.Hint.EN == "" || p.Hint.KO == "" {
		t.Errorf("conflict: %+v", p)
	}
	p = o.want(t, 422, change(d.Version, `"state":"closed"`)).problem(t)
	if p.Field != "resolution" || p.Hint.KO == "" {
		t.Errorf("closed without a resolution: %+v", p)
	}
	o.want(t, 422, change(d.Version, `"state":"asleep"`)).problem(t)
	o.want(t, 200, change(d.Version, `"owner":""`)).json(t, &d)
	o.want(t, 201, call{method: "POST", path: path + "/notes", body: `{"text":"second"}`}).json(t, &d)
	d.Incident.Unmapped.State = "" // new is left out
	o.want(t, 200, call{method: "POST", path: path + "/undo", body: fmt.Sprintf(`{"version":%d}`, d.Version)}).json(t, &d)
	if d.Incident.Unmapped.State == "open" || len(d.Notes) != 2 {
		t.Errorf("undone: %+v", d)
	}
	o.want(t, 404, call{path: "/incidents/inc_none"}).problem(t)
	o.want(t, 404, call{method: "PATCH", path: "/incidents/inc_none", body: `{"version":1,"state":"open"}`}).problem(t)
	if text := o.want(t, 200, call{path: path + "?lang=ko"}).text; !strings.Contains(text, `"lang":"ko"`) && !strings.Contains(text, "포트") {
		t.Errorf("not Korean: %.300s", text)
	}
}

func TestSuppressions(t *testing.T) {
	o := newOffice(t)
	o.record(t, finding(1, ""), finding(2, ""))
	var found ocsfPage
	o.want(t, 200, call{path: "/findings"}).json(t, &found)
	var suggested struct {
		Options string
		Scope   struct{ Rule string }
	}
	o.want(t, 200, call{path: "/findings/" + found.Items[0].FindingInfo.UID + "/suppression"}).json(t, &suggested)
	if suggested.Scope.Rule != "scan/vertical" || !strings.Contains(suggested.Options, "--source 192.0.2.2") {
		t.Errorf("suggested: %+v", suggested)
	}
	var preview struct{ Count int }
	o.want(t, 200, call{method: "POST", path: "/suppressions/preview", body: `{"scope":{"rule":"scan/vertical"}}`}).json(t, &preview)
	if preview.Count != 2 {
		t.Errorf("preview: %+v", preview)
	}
	add := func(rest string) call { return call{method: "POST", path: "/suppressions", body: `{` + rest + `}`} }
	p := o.want(t, 422, add(`"reason":"x","scope":{"rule":"scan/vertical"}`)).problem(t)
	if p.Field != "until" || p.Hint.KO == "" {
		t.Errorf("without an end: %+v", p)
	}
	p = o.want(t, 422, add(`"reason":"x","until":"2026-03-03T00:00:00Z","scope":{"entities":[{"kind":"ip","value":"nobody"}]}`)).problem(t)
	if !strings.Contains(p.Field, "value") {
		t.Errorf("bad address: %+v", p)
	}
	o.want(t, 422, add(`"reason":"x","until":"2026-03-03T00:00:00Z","scope":{}`)).problem(t)
	var s struct {
		ID      string
		Version int
	}
	o.want(t, 201, add(`"reason":"x","until":"2026-03-03T00:00:00Z","scope":{"rule":"scan/vertical"},"apply_to_open":true`)).json(t, &s)
	var page ocsfPage
	o.want(t, 200, call{path: "/findings?suppressed=true"}).json(t, &page)
	if len(page.Items) != 2 {
		t.Errorf("suppressed: %+v", page)
	}
	o.want(t, 200, call{method: "PATCH", path: "/suppressions/" + s.ID, body: fmt.Sprintf(`{"version":%d,"until":"2026-03-04T00:00:00Z"}`, s.Version)}).json(t, &s)
	o.want(t, 409, call{method: "DELETE", path: "/suppressions/" + s.ID + "?version=1"}).problem(t)
	o.want(t, 422, call{method: "DELETE", path: "/suppressions/" + s.ID}).problem(t)
	o.want(t, 204, call{method: "DELETE", path: fmt.Sprintf("/suppressions/%s?version=%d&bring_back=true", s.ID, s.Version)})
	o.want(t, 200, call{path: "/findings?suppressed=true"}).json(t, &page)
	if len(page.Items) != 0 {
		t.Errorf("still suppressed: %+v", page)
	}
}

func TestHunts(t *testing.T) {
	o := newOffice(t)
	o.engine.events = 3
	var a struct {
		Events      []ocsf
		Explanation struct{ EN, KO string }
	}
	o.want(t, 200, call{method: "POST", path: "/hunt", body: `{"query":"dport = 22 last 24h"}`}).json(t, &a)
	if len(a.Events) != 3 || a.Explanation.KO == "" {
		t.Errorf("found: %+v", a)
	}
	p := o.want(t, 422, call{method: "POST", path: "/hunt", body: `{"query":"dprot = 22"}`}).problem(t)
	if p.Field != "query" || !strings.Contains(p.Hint.EN, "dport") || !strings.Contains(p.Hint.KO, "dport") {
		t.Errorf("unknown field: %+v", p)
	}
	o.want(t, 422, call{method: "POST", path: "/hunt", body: `{"query":"","zone":"Nowhere/Land"}`}).problem(t)
	o.want(t, 400, call{method: "POST", path: "/hunt", body: `{"query":"","cursor":"nonsense"}`}).problem(t)
	o.want(t, 200, call{method: "POST", path: "/hunt/check", body: `{"query":"dpo","cursor":3}`})
	o.engine.err = eventstore.ErrNoEngine
	p = o.want(t, 501, call{method: "POST", path: "/hunt", body: `{"query":""}`}).problem(t)
	if p.Hint.EN == "" || p.Hint.KO == "" {
		t.Errorf("no engine: %+v", p)
	}
	o.engine.err = errors.New("secret path /var/x")
	if p = o.want(t, 500, call{method: "POST", path: "/hunt", body: `{"query":""}`}).problem(t); strings.Contains(p.Detail, "secret") {
		t.Errorf("what is inside gets out: %+v", p)
	}
	o.engine.err = nil

	var s struct {
		ID      string
		Version int
	}
	o.want(t, 201, call{method: "POST", path: "/hunts", body: `{"name":"a","query":"dport = 22"}`}).json(t, &s)
	o.want(t, 409, call{method: "POST", path: "/hunts", body: `{"name":"a","query":""}`}).problem(t)
	o.want(t, 422, call{method: "POST", path: "/hunts", body: `{"name":"b","query":"dprot = 22"}`}).problem(t)
	o.want(t, 200, call{method: "PUT", path: "/hunts/" + s.ID, body: fmt.Sprintf(`{"name":"b","query":"","version":%d}`, s.Version)})
	o.want(t, 409, call{method: "PUT", path: "/hunts/" + s.ID, body: fmt.Sprintf(`{"name":"c","query":"","version":%d}`, s.Version)}).problem(t)
	o.want(t, 200, call{path: "/hunts/" + s.ID})
	o.want(t, 204, call{method: "DELETE", path: "/hunts/" + s.ID})
	o.want(t, 404, call{path: "/hunts/" + s.ID}).problem(t)
}

func TestExport(t *testing.T) {
	o := newOffice(t)
	o.engine.events = 250
	got := o.want(t, 200, call{path: "/hunt/export?query="})
	if n := strings.Count(got.text, "\n"); n != 250 || got.Header.Get("Content-Type") != "application/x-ndjson" || got.Trailer.Get("Bongsu-Partial") != "" {
		t.Errorf("%d lines, %v, %v", n, got.Header, got.Trailer)
	}
	o.engine.partial = "memory"
	if got := o.want(t, 200, call{path: "/hunt/export?query="}); got.Trailer.Get("Bongsu-Partial") != "memory" {
		t.Errorf("nobody is told that it is not whole: %v", got.Trailer)
	}
	o.engine.partial = ""
	o.want(t, 422, call{path: "/hunt/export?query=last%201h%20%7C%20top%205%20src"}).problem(t)
	o.want(t, 422, call{path: "/hunt/export?query=dprot%20%3D%201"}).problem(t)
}

func TestExportStopsWhenTheClientGoes(t *testing.T) {
	o := newOffice(t)
	o.engine.events, o.engine.asked = -1, make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := make(chan *http.Response, 1)
	go func() {
		got, err := o.Client().Do(o.request(t, call{path: "/hunt/export?query="}).WithContext(ctx))
		if err != nil {
			t.Error(err)
			got = &http.Response{Body: io.NopCloser(strings.NewReader(""))}
		}
		answers <- got
	}()
	for range 3 {
		<-o.engine.asked
	}
	got := <-answers
	if line, err := bufio.NewReader(got.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "{") {
		t.Errorf("first line %q, %v", line, err)
	}
	cancel()
	// The engine is asked for a page that was on its way, perhaps, and then never
	// again: the client has gone.
	quiet := time.NewTimer(10 * time.Second)
	defer quiet.Stop()
	for asked := 0; ; asked++ {
		select {
		case <-o.engine.asked:
			if asked > 200 {
				t.Fatal("the export goes on without a reader")
			}
		case <-time.After(300 * time.Millisecond):
			return
		case <-quiet.C:
			t.Fatal("the export goes on without a reader")
		}
	}
}

func TestStreamsThatBreakAreSeenToBreak(t *testing.T) {
	o := newOffice(t)
	if got := o.want(t, 200, call{method: "POST", path: "/backup"}); len(got.text) != 150_000 || got.Header.Get("Content-Disposition") == "" {
		t.Errorf("%d bytes, %v", len(got.text), got.Header)
	}
	o.system.broken = true
	got, err := o.Client().Do(o.request(t, call{method: "POST", path: "/backup"}))
	if err == nil {
		defer func() { _ = got.Body.Close() }()
		_, err = io.Copy(io.Discard, got.Body)
	}
	if err == nil {
		t.Error("half a backup looks like a whole one")
	}
	if n := strings.Count(o.want(t, 200, call{path: "/audit/export"}).text, "\n"); n < 2 {
		t.Errorf("%d entries", n)
	}
	var verdict struct{ Whole bool }
	o.want(t, 200, call{path: "/audit/verify"}).json(t, &verdict)
	if !verdict.Whole {
		t.Error("the audit log is not whole")
	}
}

// follow reads the next events of a stream of changes.
func follow(t *testing.T, o *office, after string, n int, meanwhile func()) (kinds []string, last string) {
	t.Helper()
	c := call{path: "/changes"}
	if after != "" {
		c.header = map[string]string{"Last-Event-ID": after}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := o.Client().Do(o.request(t, c).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	lines := bufio.NewScanner(got.Body)
	if !lines.Scan() || lines.Text() != "retry: 2000" || got.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%q %v", lines.Text(), got.Header)
	}
	if meanwhile != nil {
		meanwhile()
	}
	for len(kinds) < n && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			last = id
		}
		if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) < n {
		t.Fatalf("the stream ended after %v: %v", kinds, lines.Err())
	}
	return kinds, last
}

func TestChanges(t *testing.T) {
	o := newOffice(t)
	kinds, last := follow(t, o, "", 2, func() { o.record(t, finding(1, "")) })
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"finding.new", "incident.new"}) {
		t.Errorf("told: %v", kinds)
	}
	// What happens while nobody listens is told to who comes back.
	o.record(t, finding(2, ""))
	again, _ := follow(t, o, last, 2, nil)
	slices.Sort(again)
	if !slices.Equal(again, kinds) {
		t.Errorf("told after coming back: %v", again)
	}
	// Who comes back with what this server never said is told to read anew.
	if kinds, _ := follow(t, o, "999999999999999999", 1, nil); kinds[0] != "missed" {
		t.Errorf("told: %v", kinds)
	}
	o.want(t, 400, call{path: "/changes", header: map[string]string{"Last-Event-ID": "x"}}).problem(t)
}

// Who may no longer listen is let go, though the connection stands.
func TestChangesEndWithTheToken(t *testing.T) {
	o := newOffice(t)
	cookie := map[string]string{"Cookie": o.session(t).String()}
	var made struct{ ID, Secret string }
	o.want(t, 201, call{method: "POST", path: "/tokens", token: "none", header: cookie, body: `{"name":"listener"}`}).json(t, &made)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := o.Client().Do(o.request(t, call{path: "/changes", token: made.Secret}).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	lines := bufio.NewScanner(got.Body)
	for n := 1; ; n++ {
		o.later(2 * time.Minute)
		if n == 3 {
			o.want(t, 204, call{method: "DELETE", path: "/tokens/" + made.ID, token: "none", header: cookie})
		}
		o.record(t, finding(n, ""))
		told := 0
		for told < 2 && lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event: ") {
				told++
			}
		}
		if told < 2 {
			// It waited for a change when the token was removed, and tells of it.
			if n < 3 || n > 4 || lines.Err() != nil {
				t.Errorf("the stream ended at change %d: %v", n, lines.Err())
			}
			return
		}
		if n > 4 {
			t.Fatal("the stream goes on without a token")
		}
	}
}

func TestHostileBodies(t *testing.T) {
	o := newOffice(t)
	deep := strings.Repeat("[", 100_000)
	for name, body := range map[string]string{
		"nothing": "", "cut": `{"name":"a"`, "not JSON": "name=a", "a list": "[]", "null": "null", "a number": "1",
		"deep": `{"name":` + deep, "deep members": strings.Repeat(`{"a":`, 50_000), "wrong types": `{"name":1,"query":[]}`,
		"no UTF-8": "{\"name\":\"\xff\xfe\",\"query\":1}", "huge number": `{"name":1e999999,"query":""}`, "trailing": `{"name":"a","query":""}{}`,
		"NUL": "{\"name\":\"a\",\"query\":\"\x00\"}", "bare control": "{\"name\":\"a\nb\",\"query\":\"\"}",
	} {
		for _, c := range []call{
			{method: "POST", path: "/hunts"},
			{method: "POST", path: "/hunt"},
			{method: "POST", path: "/suppressions"},
			{method: "POST", path: "/sessions", token: "none"},
			{method: "PATCH", path: "/incidents/inc_x"},
			{method: "PATCH", path: "/assets/ast_x"},
			{method: "POST", path: "/tokens"},
			{method: "POST", path: "/setup", token: "none"},
		} {
			c.body = body
			if got := o.ask(t, c); got.StatusCode < 400 || got.StatusCode >= 500 {
				t.Errorf("%s to %s: %d %.200s", name, c.path, got.StatusCode, got.text)
			}
		}
	}
	big := `{"name":"` + strings.Repeat("a", 1<<20) + `","query":""}`
	for _, path := range []string{"/hunts", "/sessions", "/suppressions"} {
		o.want(t, http.StatusRequestEntityTooLarge, call{method: "POST", path: path, body: big}).problem(t)
	}
	// One that does not say how long it is.
	r := o.request(t, call{method: "POST", path: "/hunts", body: "x"})
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(big), strings.NewReader(big))), -1
	got, err := o.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without a length: %d", got.StatusCode)
	}
	// Of other kinds than JSON.
	o.want(t, http.StatusUnsupportedMediaType, call{method: "POST", path: "/hunts", body: "a: b", header: map[string]string{"Content-Type": "application/yaml"}}).problem(t)
}

func TestUploads(t *testing.T) {
	o := newOffice(t)
	var u struct {
		ID, Name string
		Again    bool
		Size     int
	}
	raw := call{method: "POST", path: "/uploads?name=a.pcap", body: "bytes", header: map[string]string{"Content-Type": "application/octet-stream"}}
	o.want(t, 202, raw).json(t, &u)
	if u.Name != "a.pcap" || u.Size != 5 || u.Again {
		t.Errorf("taken: %+v", u)
	}
	o.want(t, 200, raw).json(t, &u)
	if !u.Again {
		t.Errorf("taken again: %+v", u)
	}
	form := call{method: "POST", path: "/uploads", header: map[string]string{"Content-Type": "multipart/form-data; boundary=b"}}
	form.body = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b.log\"\r\n\r\nother bytes\r\n--b--\r\n"
	o.want(t, 202, form).json(t, &u)
	if u.Name != "b.log" || o.uploads.bytes[u.ID] != "other bytes" {
		t.Errorf("of a form: %+v %q", u, o.uploads.bytes[u.ID])
	}
	form.body = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b--\r\n"
	o.want(t, 422, form).problem(t)
	form.body = "--b\r\nContent-Dis"
	o.want(t, 422, form).problem(t)
	raw.body = strings.Repeat("x", 2000)
	if p := o.want(t, 413, raw).problem(t); p.Hint.KO == "" {
		t.Errorf("too large: %+v", p)
	}
	o.want(t, 404, call{path: "/uploads/upl_9"}).problem(t)
	o.want(t, 404, call{method: "DELETE", path: "/uploads/upl_9"}).problem(t)
	o.want(t, 404, call{method: "POST", path: "/dead-letters/7/retry"}).problem(t)
	o.want(t, 404, call{method: "DELETE", path: "/dead-letters/7"}).problem(t)
	o.want(t, 422, call{method: "DELETE", path: "/dead-letters/-7"}).problem(t)
}

func FuzzJSON(f *testing.F) {
	o := newOffice(f)
	o.engine.events = 1
	for _, seed := range []string{
		`{"query":"dport = 22","cursor":3}`, `{"scope":{"rule":"scan/vertical"}}`, `{"query":"src in 10.0.0.0/8 | top 5 dst","limit":3,"zone":"Asia/Seoul"}`,
		`{"scope":{"entities":[{"kind":"ip","value":"10.0.0.0/8","role":"actor"}],"pattern":"/a+/"}}`, `[`, `{"query":1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/hunt", "/hunt/check", "/suppressions/preview"} {
			if code, text := o.local("POST", path, body); code >= 500 || !strings.HasPrefix(text, "{") {
				t.Errorf("%s: %d %.300q", path, code, text)
			}
		}
	})
}

func FuzzCursor(f *testing.F) {
	o := newOffice(f)
	record8(f, o)
	o.engine.events = 3
	for _, path := range []string{"/incidents", "/findings"} {
		var p ocsfPage
		o.want(f, 200, call{path: path + "?limit=3"}).json(f, &p)
		f.Add(p.Next)
	}
	for _, seed := range []string{"nonsense", "WzFd", "W10", "\x00", "MTc3MjMyMzIwMDAwMDAwMDAwMCAxIDEgYQ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		for _, path := range []string{"/incidents", "/findings", "/suppressions", "/hunts", "/audit", "/assets"} {
			if code, text := o.local("GET", path+"?cursor="+url.QueryEscape(cursor), ""); code >= 500 {
				t.Errorf("%s: %d %.300q", path, code, text)
			}
		}
	})
}

// local asks as who has the data folder, without a connection.
func (o *office) local(method, path, body string) (code int, text string) {
	r := httptest.NewRequestWithContext(api.Local(context.Background()), method, api.Prefix+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
