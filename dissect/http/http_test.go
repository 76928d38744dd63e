package http_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/http"
	"github.com/bongsu/bongsu/event"
	"github.com/google/go-cmp/cmp"
)

func talk(port uint16, pieces ...dissecttest.Piece) []*event.Event {
	return dissecttest.Talk([]dissect.Kind{http.Kind()}, dissect.TCP, port, pieces...)
}

// line says what matters of an exchange or a login.
func line(e *event.Event) string {
	if e.Class == event.Authentication {
		outcome := map[int64]string{0: "unknown", event.Success: "success", event.Failure: "failure"}[e.Int(event.StatusID)]
		clear := ""
		if e.Bool(event.IsCleartext) {
			clear = " in the clear"
		}
		return strings.TrimSpace(fmt.Sprintf("login %s %s%s %s", e.Str(event.UserName), outcome, clear, e.Str(event.AuthProtocol)))
	}
	out := fmt.Sprintf("%s %s %d", e.Str(event.HTTPMethod)+e.UnmappedStr("http_method"), e.Str(event.HTTPURL), e.Int(event.HTTPStatus))
	if e.Has(event.HTTPRequestLen) {
		out += fmt.Sprintf(" up %d", e.Int(event.HTTPRequestLen))
	}
	if e.Has(event.HTTPResponseLen) {
		out += fmt.Sprintf(" down %d", e.Int(event.HTTPResponseLen))
	}
	if e.Has(event.ProxyIP) {
		out += fmt.Sprintf(" via %s:%d", e.Str(event.ProxyIP), e.Int(event.ProxyPort))
	}
	return out
}

func get(target string, more ...string) string {
	return request("GET", target, more...)
}

func request(method, target string, more ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: www.example.com\r\n" + strings.Join(append(more, ""), "\r\n") + "\r\n"
}

func post(kind, body string) string {
	return request("POST", "/login", "Content-Type: "+kind, fmt.Sprintf("Content-Length: %d", len(body))) + body
}

func reply(status, body string, more ...string) string {
	return "HTTP/1.1 " + status + "\r\n" + strings.Join(append(more, ""), "\r\n") + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
}

const form = "application/x-www-form-urlencoded"

func TestExchanges(t *testing.T) {
	c, s := dissecttest.C, dissecttest.S
	lostC := func(n int) dissecttest.Piece { return dissecttest.Piece{From: dissect.Client, Lost: n} }
	lostS := func(n int) dissecttest.Piece { return dissecttest.Piece{From: dissect.Server, Lost: n} }
	tests := []struct {
		name string
		talk []dissecttest.Piece
		want []string
	}{
		{"one", []dissecttest.Piece{c(get("/a?b=c")), s(reply("200 OK", "hello"))}, []string{"GET http://www.example.com/a?b=c 200 up 0 down 5"}},
		{"in small pieces", small(get("/"), reply("200 OK", "hello")), []string{"GET http://www.example.com/ 200 up 0 down 5"}},
		{
			"pipelined",
			[]dissecttest.Piece{c(get("/1") + get("/2")), s(reply("200 OK", "a") + reply("404 Not Found", "bb"))},
			[]string{"GET http://www.example.com/1 200 up 0 down 1", "GET http://www.example.com/2 404 up 0 down 2"},
		},
		{"not answered", []dissecttest.Piece{c(get("/1"))}, []string{"GET http://www.example.com/1 0 up 0"}},
		{
			"chunked",
			[]dissecttest.Piece{c(get("/")), s("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"), c(get("/2")), s(reply("200 OK", ""))},
			[]string{"GET http://www.example.com/ 200 up 0 down 15", "GET http://www.example.com/2 200 up 0 down 0"},
		},
		{"until the end", []dissecttest.Piece{c(get("/")), s("HTTP/1.0 200 OK\r\n\r\nabc"), s("defg")}, []string{"GET http://www.example.com/ 200 up 0 down 7"}},
		{
			"head",
			[]dissecttest.Piece{c(request("HEAD", "/") + get("/2")), s("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + reply("200 OK", "x"))},
			[]string{"HEAD http://www.example.com/ 200 up 0 down 0", "GET http://www.example.com/2 200 up 0 down 1"},
		},
		{
			"not modified",
			[]dissecttest.Piece{c(get("/") + get("/2")), s("HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n" + reply("200 OK", "x"))},
			[]string{"GET http://www.example.com/ 304 up 0 down 0", "GET http://www.example.com/2 200 up 0 down 1"},
		},
		{
			"continue",
			[]dissecttest.Piece{c(request("PUT", "/f", "Content-Length: 4", "Expect: 100-continue")), s("HTTP/1.1 100 Continue\r\n\r\n"), c("data"), s(reply("201 Created", ""))},
			[]string{"PUT http://www.example.com/f 201 up 4 down 0"},
		},
		{
			"upload in chunks",
			[]dissecttest.Piece{c(request("POST", "/f", "Transfer-Encoding: chunked") + "4\r\nwiki\r\n0\r\n\r\n"), s(reply("200 OK", ""))},
			[]string{"POST http://www.example.com/f 200 up 4 down 0"},
		},
		{
			"refused before it was all said",
			[]dissecttest.Piece{c(request("POST", "/f", "Content-Length: 1000") + "some"), s(reply("413 Too Large", "no"))},
			[]string{"POST http://www.example.com/f 413 up 4 down 2"},
		},
		{
			"websocket",
			[]dissecttest.Piece{c(get("/ws", "Upgrade: websocket")), s("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"), s("\x81\x05hello"), c("GET /no HTTP/1.1\r\n\r\n")},
			[]string{"GET http://www.example.com/ws 101 up 0 down 0"},
		},
		{
			"upgrade that the server ignores",
			[]dissecttest.Piece{c(get("/", "Upgrade: h2c")), s(reply("200 OK", "x")), c(get("/2")), s(reply("200 OK", "x"))},
			[]string{"GET http://www.example.com/ 200 up 0 down 1", "GET http://www.example.com/2 200 up 0 down 1"},
		},
		{
			"through a proxy",
			[]dissecttest.Piece{c("GET http://far.example.com:8080/x HTTP/1.1\r\nHost: far.example.com\r\n\r\n"), s(reply("200 OK", "x"))},
			[]string{"GET http://far.example.com:8080/x 200 up 0 down 1 via 198.51.100.1:8000"},
		},
		{
			"absolute, to the server itself",
			[]dissecttest.Piece{c("GET http://198.51.100.1/x HTTP/1.1\r\n\r\n"), s(reply("200 OK", "x"))},
			[]string{"GET http://198.51.100.1/x 200 up 0 down 1"},
		},
		{
			"tunnel with http inside",
			[]dissecttest.Piece{c("CONNECT far.example.com:80 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 Connection established\r\n\r\n"), c(get("/in")), s(reply("200 OK", "xyz"))},
			[]string{"CONNECT far.example.com:80 200 up 0 down 0 via 198.51.100.1:8000", "GET http://www.example.com/in 200 up 0 down 3"},
		},
		{
			"tunnel with something else inside",
			[]dissecttest.Piece{c("CONNECT far.example.com:22 HTTP/1.1\r\n\r\n"), s("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n"), c("SSH-2.0-y\r\n")},
			[]string{"CONNECT far.example.com:22 200 up 0 down 0 via 198.51.100.1:8000"},
		},
		{
			"tunnel that is refused",
			[]dissecttest.Piece{c("CONNECT far.example.com:22 HTTP/1.1\r\n\r\n"), s(reply("403 Forbidden", "no")), c(get("/")), s(reply("200 OK", "x"))},
			[]string{"CONNECT far.example.com:22 403 up 0 down 2 via 198.51.100.1:8000", "GET http://www.example.com/ 200 up 0 down 1"},
		},
		{
			"loss inside a body",
			[]dissecttest.Piece{c(get("/")), s("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), lostS(900), s(strings.Repeat("x", 100)), c(get("/2")), s(reply("200 OK", "y"))},
			[]string{"GET http://www.example.com/ 200 up 0 down 1000", "GET http://www.example.com/2 200 up 0 down 1"},
		},
		{
			"response lost, then goes on",
			[]dissecttest.Piece{c(get("/1")), lostS(500), c(get("/2")), s(reply("200 OK", "y"))},
			[]string{"GET http://www.example.com/1 0 up 0", "GET http://www.example.com/2 200 up 0 down 1"},
		},
		{
			"request lost",
			[]dissecttest.Piece{c(get("/1")), s(reply("200 OK", "x")), lostC(100), s(reply("200 OK", "zz")), c(get("/3")), s(reply("200 OK", "y"))},
			[]string{"GET http://www.example.com/1 200 up 0 down 1", "  200 down 2", "GET http://www.example.com/3 200 up 0 down 1"},
		},
		{"response without its request", []dissecttest.Piece{s(reply("200 OK", "x"))}, []string{"  200 down 1"}},
		{"spaces in the target", []dissecttest.Piece{c("GET /a b' OR 1=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n")}, []string{"GET http://www.example.com/a b' OR 1=1 0 up 0"}},
		{"unknown method", []dissecttest.Piece{c(request("TRACK", "/")), s(reply("405 No", ""))}, []string{"TRACK http://www.example.com/ 405 up 0 down 0"}},
		{
			"line ends without carriage returns",
			[]dissecttest.Piece{c("GET / HTTP/1.0\nHost: x.example\n\n"), s("HTTP/1.0 200 OK\nContent-Length: 2\n\nok")},
			[]string{"GET http://x.example/ 200 up 0 down 2"},
		},
		{"version of a device", []dissecttest.Piece{c("GET /x?ID=a HTTP/1.0.8\r\nHost: x.example\r\n\r\n")}, []string{"GET http://x.example/x?ID=a 0 up 0"}},
		{"no host", []dissecttest.Piece{c("GET /x HTTP/1.0\r\n\r\n")}, []string{"GET  0 up 0"}},
		{"request with a wrong length", []dissecttest.Piece{c(request("POST", "/", "Content-Length: -5") + "junk"), s(reply("400 Bad Request", ""))}, []string{"POST http://www.example.com/ 400 up 0 down 0"}},
		{"chunk with a wrong size", []dissecttest.Piece{c(get("/")), s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello")}, []string{"GET http://www.example.com/ 200 up 0 down 0"}},
		{"sip", []dissecttest.Piece{c("OPTIONS sip:x SIP/2.0\r\n\r\n")}, nil},
		{"rtsp", []dissecttest.Piece{c("OPTIONS rtsp://x RTSP/1.0\r\n\r\n")}, nil},
		{"http/2", []dissecttest.Piece{c("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}, nil},
		{"binary", []dissecttest.Piece{c("\x00\x01\x02"), s("HTTP/1.1 200 OK\r\n\r\n")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range talk(8000, tt.talk...) {
				dissecttest.CheckJSON(t, e)
				got = append(got, line(e))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func small(client, server string) []dissecttest.Piece {
	var out []dissecttest.Piece
	for _, b := range []byte(client) {
		out = append(out, dissecttest.C(string(b)))
	}
	for _, b := range []byte(server) {
		out = append(out, dissecttest.S(string(b)))
	}
	return out
}

func TestFields(t *testing.T) {
	e := talk(80, dissecttest.C("GET http://[2001:db8::5]:8080/p/x?q=1 HTTP/1.1\r\nHost: other\r\nUser-Agent: agent/1\r\nReferer: http://u:p@r.example/?pwd=1\r\nX-Forwarded-For: 192.0.2.7, unknown, 2001:db8::1\r\n\r\n"),
		dissecttest.S("HTTP/1.1 302 Found\r\nServer: s/2\r\nLocation: /next?passwd=x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 0\r\n\r\n"))[0]
	type view struct {
		Method, Host, Scheme, Path, Query, Agent, Referrer, Version, XFF, Status, Kind, Server, Location string
		Port                                                                                             int64
		Activity                                                                                         int
		Start, End, Time                                                                                 time.Time
	}
	got := view{
		e.Str(event.HTTPMethod), e.Str(event.HTTPHost), e.Str(event.HTTPScheme), e.Str(event.HTTPPath), e.Str(event.HTTPQuery), e.Str(event.HTTPUserAgent),
		e.Str(event.HTTPReferrer), e.Str(event.HTTPVersion), e.Str(event.HTTPXFF), e.Str(event.HTTPStatusText), e.Str(event.HTTPContentType),
		e.UnmappedStr("http_server"), e.UnmappedStr("http_location"), e.Int(event.HTTPURLPort), e.Activity(), e.TimeOf(event.StartTime), e.TimeOf(event.EndTime), e.Time,
	}
	later := dissecttest.Start.Add(time.Millisecond)
	want := view{
		"GET", "2001:db8::5", "http", "/p/x", "q=1", "agent/1", "http://u:***@r.example/?pwd=***", "1.1", `["192.0.2.7","2001:db8::1"]`, "Found", "text/html",
		"s/2", "/next?passwd=***", 8080, 3, dissecttest.Start, later, later,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// secret must never be found in an event.
const secret = "S3cr3tW0rd"

func TestLogins(t *testing.T) {
	c, s := dissecttest.C, dissecttest.S
	ntlm := "NTLMSSP\x00\x03\x00\x00\x00" + strings.Repeat("\x00", 16) + "\x03\x00\x03\x00\x40\x00\x00\x00" + "\x03\x00\x03\x00\x43\x00\x00\x00" + strings.Repeat("\x00", 20) + "DOMann"
	tests := []struct {
		name string
		talk []dissecttest.Piece
		want []string // without the exchanges
	}{
		{"basic, accepted", []dissecttest.Piece{c(get("/", basic("ann", secret))), s(reply("200 OK", ""))}, []string{"login ann success in the clear Basic Authentication"}},
		{"basic, refused", []dissecttest.Piece{c(get("/", basic("ann", secret))), s(reply("401 Unauthorized", ""))}, []string{"login ann failure in the clear Basic Authentication"}},
		{
			"basic, in every request",
			[]dissecttest.Piece{c(get("/", basic("ann", secret)) + get("/2", basic("ann", secret))), s(reply("200 OK", "") + reply("200 OK", ""))},
			[]string{"login ann success in the clear Basic Authentication"},
		},
		{
			"basic, guessed",
			[]dissecttest.Piece{c(get("/", basic("ann", "1")) + get("/", basic("ann", "2"))), s(reply("401 No", "") + reply("401 No", ""))},
			[]string{"login ann failure in the clear Basic Authentication", "login ann failure in the clear Basic Authentication"},
		},
		{"basic, server in trouble", []dissecttest.Piece{c(get("/", basic("ann", secret))), s(reply("503 Busy", ""))}, []string{"login ann unknown in the clear Basic Authentication"}},
		{"basic, not answered", []dissecttest.Piece{c(get("/", basic("ann", secret)))}, []string{"login ann unknown in the clear Basic Authentication"}},
		{"asked for a password", []dissecttest.Piece{c(get("/")), s(reply("401 Unauthorized", "", "WWW-Authenticate: Basic"))}, nil},
		{"digest", []dissecttest.Piece{c(get("/", `Authorization: Digest realm="x", username="a\"n", nonce="n"`)), s(reply("200 OK", ""))}, []string{`login a"n success Digest`}},
		{"digest, too old", []dissecttest.Piece{c(get("/", `Authorization: Digest username="ann"`)), s(reply("401 No", "", "WWW-Authenticate: Digest stale=true"))}, nil},
		{"ntlm", []dissecttest.Piece{c(get("/", "Authorization: NTLM "+base64.StdEncoding.EncodeToString([]byte(ntlm)))), s(reply("401 No", ""))}, []string{"login ann failure NTLM"}},
		{"proxy", []dissecttest.Piece{c("CONNECT x.example:443 HTTP/1.1\r\nProxy-" + basic("ann", secret) + "\r\n\r\n"), s(reply("407 No", ""))}, []string{"login ann failure in the clear Basic Authentication"}},
		{"proxy, accepted", []dissecttest.Piece{c("GET http://x.example/ HTTP/1.1\r\nProxy-" + basic("ann", secret) + "\r\n\r\n"), s(reply("404 No", ""))}, []string{"login ann success in the clear Basic Authentication"}},
		{"token", []dissecttest.Piece{c(get("/", "Authorization: Bearer "+secret)), s(reply("401 No", ""))}, nil},
		{"form", []dissecttest.Piece{c(post(form, "username=ann%40example.com&password="+secret)), s(reply("302 Found", ""))}, []string{"login ann@example.com unknown in the clear"}},
		{"form in pieces", small(post(form, "username=ann&password="+secret), reply("200 OK", "")), []string{"login ann unknown in the clear"}},
		{"form, refused", []dissecttest.Piece{c(post(form+"; charset=utf-8", "pwd="+secret+"&log=ann")), s(reply("403 Forbidden", ""))}, []string{"login ann failure in the clear"}},
		{"form of a Korean board", []dissecttest.Piece{c(post(form, "url=%2F&mb_id=hong&mb_password="+secret)), s(reply("200 OK", ""))}, []string{"login hong unknown in the clear"}},
		{"form of a Korean shop", []dissecttest.Piece{c(post(form, "USER_ID=hong&USER_PW="+secret)), s(reply("200 OK", ""))}, []string{"login hong unknown in the clear"}},
		{"form of a framework", []dissecttest.Piece{c(post(form, "ctl00%24txtUserName=ann&ctl00%24txtPassword="+secret)), s(reply("200 OK", ""))}, []string{"login ann unknown in the clear"}},
		{"form with brackets", []dissecttest.Piece{c(post(form, "user%5Bemail%5D=ann&user%5Bpassword%5D="+secret)), s(reply("200 OK", ""))}, []string{"login ann unknown in the clear"}},
		{"form without a name", []dissecttest.Piece{c(post(form, "password="+secret)), s(reply("200 OK", ""))}, []string{"login - unknown in the clear"}},
		{"form without a password", []dissecttest.Piece{c(post(form, "username=ann&bypass=1&compass=n")), s(reply("200 OK", ""))}, nil},
		{"form with an empty password", []dissecttest.Piece{c(post(form, "username=ann&password=")), s(reply("200 OK", ""))}, nil},
		{"object", []dissecttest.Piece{c(post("application/json", `{"userId":"ann","passWord":"`+secret+`"}`)), s(reply("401 No", ""))}, []string{"login ann failure in the clear"}},
		{"object without a password", []dissecttest.Piece{c(post("application/json", `{"userId":"ann","class":"x"}`)), s(reply("200 OK", ""))}, nil},
		{"in the target", []dissecttest.Piece{c(get("/brute/?username=ann&password=" + secret + "&Login=Login")), s(reply("200 OK", ""))}, []string{"login ann unknown in the clear"}},
		{"in the referrer", []dissecttest.Piece{c(get("/", "Referer: http://x.example/?a=1&user_pw="+secret+"&b=2")), s(reply("200 OK", ""))}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range talk(80, tt.talk...) {
				dissecttest.CheckJSON(t, e)
				if text := string(e.AppendJSON(nil)); strings.Contains(text, secret) {
					t.Errorf("the password is told: %s", text)
				}
				if e.Class == event.Authentication {
					if e.Str(event.ServiceName) != "http" {
						t.Errorf("service %q", e.Str(event.ServiceName))
					}
					got = append(got, line(e))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMaskKeepsTheRest(t *testing.T) {
	e := talk(80, dissecttest.C(get("/?a=1&password=x&b=2&pw=&passwd=y")))[0]
	if got, want := e.Str(event.HTTPQuery), "a=1&password=***&b=2&pw=&passwd=***"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A capture of one side only must not gather for ever.
func TestWaitingIsBounded(t *testing.T) {
	var pieces []dissecttest.Piece
	const asked = 500
	for i := range asked {
		pieces = append(pieces, dissecttest.C(get(fmt.Sprintf("/%d", i))))
	}
	events := talk(80, pieces...)
	if len(events) != asked {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if e.Str(event.HTTPPath) != fmt.Sprintf("/%d", i) {
			t.Fatalf("event %d is of %s", i, e.Str(event.HTTPPath))
		}
	}
}

func TestProbeOfLongTargets(t *testing.T) {
	long := "GET /" + strings.Repeat("a", dissect.OpeningSize)
	probe := http.Kind().Probe
	if got := probe(dissect.Opening{Client: []byte(long)[:dissect.OpeningSize]}); got != dissect.Yes {
		t.Errorf("long target: %v", got)
	}
	if got := probe(dissect.Opening{Client: []byte(long)[:100]}); got != dissect.More {
		t.Errorf("half a target: %v", got)
	}
}

func FuzzTalk(f *testing.F) {
	dissecttest.Fuzz(f, http.Kind(),
		post(form, "username=ann&password=x")+get("/?a=b", basic("a", "b"))+request("HEAD", "/"),
		reply("100 Continue", "")+reply("200 OK", "hello")+"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", get("http://a/", "Upgrade: h2c")+"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
		post("application/json", `{"id":"a","pw":"b"}`))
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(get("/")), []byte(reply("200 OK", "")))
	f.Fuzz(func(_ *testing.T, client, server []byte) {
		http.Kind().Probe(dissect.Opening{Client: client, Server: server, Transport: dissect.TCP})
	})
}

// converse runs a talk without building the set anew.
func converse(b *testing.B, kind dissect.Kind, transport dissect.Transport, pieces []dissecttest.Piece) {
	set := dissect.NewSet([]dissect.Kind{kind})
	client, server := netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("198.51.100.1:9")
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		flow := dissect.NewFlow(client, server, transport, dissecttest.Start, nil, func(*event.Event) { events++ })
		c := dissect.NewConversation(set, flow)
		for _, p := range pieces {
			c.Data(p.From, p.Data)
		}
		c.End()
	}
	if events < b.N {
		b.Fatalf("%d events", events)
	}
}

func BenchmarkExchange(b *testing.B) {
	pieces := []dissecttest.Piece{
		dissecttest.C(get("/a/path?with=query", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Accept: */*", "Accept-Language: ko", "Cookie: a=b; c=d")),
		dissecttest.S(reply("200 OK", strings.Repeat("x", 1000), "Server: example", "Content-Type: text/html", "Date: x")),
	}
	converse(b, http.Kind(), dissect.TCP, pieces)
}
