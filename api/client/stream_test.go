package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/api/client"
)

// serve returns a client of a server that answers as told.
func serve(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{Server: s.URL + "/", Token: "bgs_x", Lang: "ko"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServerNames(t *testing.T) {
	for _, bad := range []string{"", "bongsu.example:8470", "ftp://bongsu.example", "http://", "http://mina:secret@bongsu.example", "http://a/?b=c", "http://a b"} {
		if _, err := client.New(client.Config{Server: bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestRequests(t *testing.T) {
	var seen http.Header
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		if r.URL.Path != "/api/v1/status" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"version":"7","ready":true}`)
	})
	got, err := c.StatusWithResponse(t.Context())
	if err := client.Err(got, err); err != nil || got.JSON200.Version != "7" {
		t.Errorf("%+v, %v", got, err)
	}
	if seen.Get("Authorization") != "Bearer bgs_x" || seen.Get("Accept-Language") != "ko" {
		t.Errorf("sent: %v", seen)
	}
}

func TestProblems(t *testing.T) {
	said := `{"title":"Conflict","status":409,"detail":"detail","hint":{"en":"look","ko":"보십시오"},"field":"version","errors":[{"location":"body.a","message":"bad"}]}`
	var body string
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, body)
	})
	for _, tc := range []struct{ body, en, ko string }{
		{said, "look; body.a: bad", "보십시오; body.a: bad"},
		{`{"detail":"only this"}`, "only this", "only this"},
		{`{}`, "the server answers 409 Conflict", "the server answers 409 Conflict"},
	} {
		body = tc.body
		got, err := c.StatusWithResponse(t.Context())
		_, streamed := c.ExportAudit(t.Context(), io.Discard)
		for _, err := range []error{client.Err(got, err), streamed} {
			var p *client.Problem
			if !errors.As(err, &p) || p.Status != 409 || p.Say("en") != tc.en || p.Say("ko") != tc.ko || p.Error() != tc.en {
				t.Errorf("%s: %v", tc.body, err)
			}
		}
	}
}

// Somebody in between answers with a page.
func TestStrangers(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<html>")
	})
	got, err := c.StatusWithResponse(t.Context())
	var p *client.Problem
	if err := client.Err(got, err); !errors.As(err, &p) || p.Status != 502 {
		t.Errorf("%v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	folder, err := client.New(client.Config{Socket: filepath.Join(t.TempDir(), "control.sock")})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	address, err := client.New(client.Config{Server: "http://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*client.Client{"socket": folder, "address": address} {
		got, err := c.StatusWithResponse(t.Context())
		_, streamed := c.Backup(t.Context(), io.Discard)
		for _, err := range []error{client.Err(got, err), streamed} {
			if !errors.Is(err, client.ErrUnreached) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The token is given to nobody else.
func TestRedirects(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	got, err := c.StatusWithResponse(t.Context())
	if err := client.Err(got, err); err == nil || asked || !strings.Contains(err.Error(), other.URL) {
		t.Errorf("led away: %v, %v", asked, err)
	}
}

func TestStreams(t *testing.T) {
	cut := false
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.RequestURI() {
		case "GET /api/v1/hunt/export?query=dport+%3D+22&zone=Asia%2FSeoul":
			w.Header().Set("Trailer", "Bongsu-Partial")
			fmt.Fprint(w, "{}\n")
			w.Header().Set("Bongsu-Partial", "memory")
		case "GET /api/v1/assets/export", "GET /api/v1/audit/export", "POST /api/v1/backup":
			fmt.Fprint(w, strings.Repeat("x", 10_000))
			if cut {
				panic(http.ErrAbortHandler)
			}
		case "POST /api/v1/uploads?name=a.pcap":
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != "bytes" {
				t.Errorf("%q, %v", body, err)
			}
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"id":"upl_1","again":true}`)
		default:
			t.Errorf("asked for %s %s", r.Method, r.URL.RequestURI())
		}
	})
	var out bytes.Buffer
	if n, err := c.ExportHunt(t.Context(), &out, "dport = 22", "Asia/Seoul"); n != 3 || err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("%d %q, %v", n, out.String(), err)
	}
	for _, cut = range []bool{false, true} {
		for name, get := range map[string]func(context.Context, io.Writer) (int64, error){"assets": c.ExportAssets, "audit": c.ExportAudit, "backup": c.Backup} {
			if n, err := get(t.Context(), io.Discard); (err != nil) != cut || !cut && n != 10_000 {
				t.Errorf("%s, cut %v: %d bytes, %v", name, cut, n, err)
			}
		}
	}
	u, err := c.Upload(t.Context(), "a.pcap", strings.NewReader("bytes"))
	if err != nil || u.ID != "upl_1" || !*u.Again {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestChanges(t *testing.T) {
	var after string
	text := "retry: 2000\n\nid: 7\nevent: incident.new\ndata: {\"id\":\"inc_1\"}\n\n: still here\n\nevent: missed\ndata: {}\n\nid: 9\nevent: finding.new\ndata: {}\n\n"
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		after = r.Header.Get("Last-Event-ID")
		fmt.Fprint(w, text)
	})
	var got []string
	err := c.Changes(t.Context(), 5, func(x client.Change) error {
		got = append(got, fmt.Sprintf("%d %s %s", x.Sequence, x.Kind, x.Data))
		return nil
	})
	want := []string{`7 incident.new {"id":"inc_1"}`, "0 missed {}", "9 finding.new {}"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || after != "5" {
		t.Errorf("after %q: %v\n%s", after, err, diff)
	}
	stop := errors.New("enough")
	if err := c.Changes(t.Context(), 0, func(client.Change) error { return stop }); !errors.Is(err, stop) || after != "" {
		t.Errorf("after %q: %v", after, err)
	}
	for _, text = range []string{"id: x\n\n", "data: " + strings.Repeat("x", 2<<20) + "\n\n"} {
		if err := c.Changes(t.Context(), 0, func(client.Change) error { return nil }); err == nil {
			t.Errorf("%.20q is taken", text)
		}
	}
}
