package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/identity"
)

// open are the operations that need no account.
var open = []string{"GET /setup", "POST /setup", "POST /sessions"}

func TestEveryRouteWantsAnAccount(t *testing.T) {
	o := newOffice(t)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    []any  `json:"security"`
		} `json:"paths"`
	}
	o.want(t, 200, call{path: "/openapi.json", token: "none"}).json(t, &document)
	checked := 0
	for path, methods := range document.Paths {
		for method, operation := range methods {
			name := strings.ToUpper(method) + " " + strings.TrimPrefix(path, api.Prefix)
			if slices.Contains(open, name) {
				if len(operation.Security) > 0 {
					t.Errorf("%s is open, and the document says that it is not", name)
				}
				continue
			}
			if len(operation.Security) == 0 {
				t.Errorf("%s: the document does not say that it needs an account", name)
			}
			place := strings.NewReplacer("{id}", "x_1", "{number}", "1").Replace(strings.TrimPrefix(path, api.Prefix))
			for _, token := range []string{"none", "bgs_wrong", "wrong", " "} {
				got := o.want(t, http.StatusUnauthorized, call{method: strings.ToUpper(method), path: place, token: token})
				p := got.problem(t)
				if got.Header.Get("WWW-Authenticate") == "" || p.Hint.KO == "" || p.Hint.EN == "" {
					t.Errorf("%s: %v %+v", name, got.Header, p)
				}
			}
			checked++
		}
	}
	if checked < 45 {
		t.Errorf("%d operations were checked", checked)
	}
}

func TestUnknownAddresses(t *testing.T) {
	o := newOffice(t)
	o.want(t, 404, call{path: "/nothing"}).problem(t)
	got := o.want(t, 405, call{method: "DELETE", path: "/incidents"})
	got.problem(t)
	if allow := got.Header.Get("Allow"); allow != "GET" {
		t.Errorf("Allow: %q", allow)
	}
	for _, header := range []string{"X-Content-Type-Options", "Content-Security-Policy", "Cache-Control"} {
		if got.Header.Get(header) == "" {
			t.Errorf("no %s", header)
		}
	}
}

// session signs in as a browser does.
func (o *office) session(t *testing.T) *http.Cookie {
	t.Helper()
	got := o.want(t, 200, call{method: "POST", path: "/sessions", token: "none", body: `{"name":"Admin ","password":"` + password + `"}`})
	for _, c := range got.Cookies() {
		if c.Name == "bongsu_session" {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
				t.Errorf("cookie %+v", c)
			}
			return c
		}
	}
	t.Fatal("no cookie")
	return nil
}

func TestPagesOfOthers(t *testing.T) {
	o := newOffice(t)
	cookie := o.session(t)
	own := strings.TrimPrefix(o.URL, "http://")
	write := call{method: "POST", path: "/hunts", token: "none", body: `{"name":"a","query":""}`}
	for _, tc := range []struct {
		name   string
		header map[string]string
		host   string
		code   int
	}{
		{"a program", nil, "", 201},
		{"own page", map[string]string{"Origin": o.URL}, "", 409},
		{"own page says so", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": o.URL}, "", 409},
		{"typed", map[string]string{"Sec-Fetch-Site": "none"}, "", 409},
		{"localhost", nil, "localhost:8470", 409},
		{"other page", map[string]string{"Origin": "https://evil.example"}, "", 403},
		{"other port", map[string]string{"Origin": "http://127.0.0.1:1"}, "", 403},
		{"no origin to speak of", map[string]string{"Origin": "null"}, "", 403},
		{"other site says so", map[string]string{"Sec-Fetch-Site": "cross-site"}, "", 403},
		{"same site", map[string]string{"Sec-Fetch-Site": "same-site"}, "", 403},
		{"other site, lying origin", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": o.URL}, "", 403},
		{"name that leads here", nil, "evil.example", 421},
		{"name that leads here, with its origin", map[string]string{"Origin": "http://evil.example"}, "evil.example", 421},
	} {
		c := write
		c.header = map[string]string{"Cookie": cookie.String()}
		for name, value := range tc.header {
			c.header[name] = value
		}
		c.host = tc.host
		if got := o.want(t, tc.code, c); got.StatusCode >= 400 {
			got.problem(t)
		} else if !strings.Contains(got.text, "hnt_") {
			t.Errorf("%s: %s", tc.name, got.text)
		}
	}
	o.want(t, 421, call{path: "/setup", token: "none", host: "evil.example"})
	o.want(t, 200, call{path: "/session", token: "none", host: own, header: map[string]string{"Cookie": cookie.String()}})
}

func TestSessions(t *testing.T) {
	o := newOffice(t)
	var who struct {
		Name, Session string
		Allowed       []string
	}
	cookie := map[string]string{"Cookie": o.session(t).String()}
	o.want(t, 200, call{path: "/session", token: "none", header: cookie}).json(t, &who)
	if who.Name != "admin" || len(who.Allowed) != len(identity.Actions()) {
		t.Errorf("who asks: %+v", who)
	}
	var list struct{ Items []struct{ ID string } }
	o.want(t, 200, call{path: "/sessions", token: "none", header: cookie}).json(t, &list)
	if len(list.Items) != 2 { // that of setup is the other
		t.Errorf("sessions: %+v", list)
	}
	o.want(t, 204, call{method: "DELETE", path: "/session", token: "none", header: cookie})
	o.want(t, 401, call{path: "/session", token: "none", header: cookie})
	o.want(t, 403, call{path: "/sessions"}) // tokens do not manage what lets people in
}

func TestGuessing(t *testing.T) {
	o := newOffice(t)
	try := call{method: "POST", path: "/sessions", token: "none", body: `{"name":"admin","password":"wrong wrong wrong"}`}
	limited := 0
	for range 12 {
		got := o.ask(t, try)
		p := got.problem(t)
		switch got.StatusCode {
		case 401:
			if limited > 0 {
				t.Error("a limited client was answered")
			}
			if got.Header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
		case 429:
			limited++
			seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
			if err != nil || seconds < 1 || p.Hint.KO == "" {
				t.Errorf("Retry-After %q, %+v", got.Header.Get("Retry-After"), p)
			}
		default:
			t.Fatalf("%d %s", got.StatusCode, got.text)
		}
	}
	if limited == 0 {
		t.Error("twelve wrong passwords were all tried")
	}
	// The right one has to wait too.
	right := call{method: "POST", path: "/sessions", token: "none", body: `{"name":"admin","password":"` + password + `"}`}
	o.want(t, 429, right)
	o.later(2 * time.Hour)
	o.want(t, 200, right)
}

func TestTokens(t *testing.T) {
	o := newOffice(t)
	o.record(t, finding(1, ""))
	cookie := map[string]string{"Cookie": o.session(t).String()}
	var made struct{ ID, Secret string }
	o.want(t, 201, call{method: "POST", path: "/tokens", token: "none", header: cookie, body: `{"name":"reader","scopes":["incident.read","event.send"]}`}).json(t, &made)
	if !strings.HasPrefix(made.Secret, identity.TokenPrefix) {
		t.Fatalf("made: %+v", made)
	}
	for _, c := range []struct {
		call
		code int
	}{
		{call{path: "/incidents"}, 200},
		{call{path: "/headline"}, 200},
		{call{method: "POST", path: "/ingest", body: `{}`}, 202},
		{call{path: "/findings"}, 403},
		{call{method: "POST", path: "/hunt", body: `{"query":""}`}, 403},
		{call{path: "/tokens"}, 403},
		{call{method: "POST", path: "/backup"}, 403},
		{call{path: "/audit"}, 403},
	} {
		c.token = made.Secret
		if got := o.want(t, c.code, c.call); c.code == 403 {
			if p := got.problem(t); p.Hint.EN == "" {
				t.Errorf("%s: no hint: %+v", c.path, p)
			}
		}
	}
	got := o.want(t, 422, call{method: "POST", path: "/tokens", token: "none", header: cookie, body: `{"name":"x","scopes":["no.such"]}`})
	if p := got.problem(t); p.Field != "scopes" || p.Hint.KO == "" {
		t.Errorf("unknown scope: %+v", p)
	}
	if strings.Contains(o.want(t, 200, call{path: "/tokens", token: "none", header: cookie}).text, made.Secret) {
		t.Error("a secret is shown again")
	}
	o.want(t, 204, call{method: "DELETE", path: "/tokens/" + made.ID, token: "none", header: cookie})
	o.want(t, 401, call{path: "/incidents", token: made.Secret})
}

// Who has the data folder needs no password; what they do is theirs.
func TestLocal(t *testing.T) {
	o := newOffice(t)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(api.Local(t.Context()), method, api.Prefix+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		o.handler.ServeHTTP(w, r)
		return w
	}
	if w := ask("GET", "/incidents", ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var made struct{ ID, Secret string }
	w := ask("POST", "/tokens", `{"name":"made here"}`)
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	o.want(t, 200, call{path: "/incidents", token: made.Secret})
	list, _, err := o.log.List(t.Context(), audit.Filter{Action: "token."}, "", 1)
	if err != nil || len(list) != 1 || list[0].Actor.ID != "local" || list[0].Object != made.ID {
		t.Errorf("audit: %+v, %v", list, err)
	}
	if w := ask("GET", "/tokens", ""); !strings.Contains(w.Body.String(), made.ID) {
		t.Errorf("tokens: %s", w.Body)
	}
	if w := ask("DELETE", "/tokens/"+made.ID, ""); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	o.want(t, 401, call{path: "/incidents", token: made.Secret})
}
