// Package client speaks to a running Bongsu: what the API offers, as functions.
// client.gen.go is made of the OpenAPI document that package api makes of its
// code; what streams is in stream.go. It decides nothing and prints nothing.
//
// After a change of package api, run go generate ./api/client.
package client

//go:generate go run ../../internal/apidoc -o openapi.gen.yaml -sum openapi.sum
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config generate.yaml openapi.gen.yaml
//go:generate rm openapi.gen.yaml

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says which Bongsu is spoken to: Server or Socket.
type Config struct {
	Server string // https://bongsu.example:8470
	Socket string // path of control.sock in a data folder
	Token  string // bgs_… or the secret of a session; not needed with Socket
	Lang   string // ko or en: of the words that OCSF has one member for
}

// A Client speaks to one Bongsu. It may be used by many goroutines.
type Client struct {
	*ClientWithResponses
	base  string
	http  *http.Client
	adorn RequestEditorFn
}

// Bounds of a client.
const (
	maxAnswer = 256 << 20 // bytes of an answer that is held in memory
	dialWait  = 10 * time.Second
	headWait  = 10 * time.Minute // until an answer begins: a backup first empties the bus
)

// New returns a client. It asks nothing yet.
func New(cfg Config) (*Client, error) {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		DialContext:           (&net.Dialer{Timeout: dialWait}).DialContext,
		ResponseHeaderTimeout: headWait,
	}
	base := strings.TrimSuffix(cfg.Server, "/")
	if cfg.Socket != "" {
		base = "http://localhost"
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: dialWait}).DialContext(ctx, "unix", cfg.Socket)
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("server %q: not an address such as http://127.0.0.1:8470", cfg.Server)
	}
	c := &Client{base: base, http: &http.Client{Transport: transport, CheckRedirect: stay}}
	c.adorn = func(_ context.Context, r *http.Request) error {
		if cfg.Token != "" {
			r.Header.Set("Authorization", "Bearer "+cfg.Token)
		}
		if cfg.Lang != "" {
			r.Header.Set("Accept-Language", cfg.Lang)
		}
		return nil
	}
	c.ClientWithResponses, err = NewClientWithResponses(base, WithHTTPClient(bounded{c.http}), WithRequestEditorFn(c.adorn))
	return c, err
}

// stay follows no redirect to another machine, which would be given the token.
func stay(r *http.Request, via []*http.Request) error {
	if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme || len(via) > 3 {
		return fmt.Errorf("the server leads to %s; name that one, if you trust it", r.URL.Redacted())
	}
	return nil
}

// bounded cuts answers that no Bongsu gives.
type bounded struct{ *http.Client }

// Do sends a request.
func (b bounded) Do(r *http.Request) (*http.Response, error) {
	answer, err := b.Client.Do(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// A Problem is what the server has against a request (RFC 9457).
type Problem struct {
	Status int
	Title  string
	Detail string // in English
	Hint   TextSaid
	Field  string // of the request, that is wrong
	Wrong  []Wrong
}

// Wrong is one thing that is wrong with a request.
type Wrong struct{ Where, What string }

// Error returns the problem in English.
func (p *Problem) Error() string { return p.Say("en") }

// Say returns the problem in words, in a language where the server has them.
func (p *Problem) Say(lang string) string {
	out := p.Detail
	switch {
	case lang == "ko" && p.Hint.Ko != "":
		out = p.Hint.Ko
	case p.Hint.En != "":
		out = p.Hint.En
	case out == "":
		out = fmt.Sprintf("the server answers %d %s", p.Status, p.Title)
	}
	for _, w := range p.Wrong {
		out += "; " + w.Where + ": " + w.What
	}
	return out
}

// An Answer is what every …WithResponse returns.
type Answer interface {
	StatusCode() int
	GetBody() []byte
}

// Err returns what went wrong with a request: err, or a *Problem.
//
//	r, err := c.StatusWithResponse(ctx)
//	if err := client.Err(r, err); err != nil { … }
func Err(answer Answer, err error) error {
	if err != nil {
		return reached(err)
	}
	if answer.StatusCode() < http.StatusBadRequest {
		return nil
	}
	return problem(answer.StatusCode(), answer.GetBody())
}

// ErrUnreached says that nobody answers where the server should be.
var ErrUnreached = errors.New("no Bongsu answers")

func reached(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("%w: %w", ErrUnreached, err)
	}
	return err
}

func problem(status int, body []byte) *Problem {
	p := &Problem{Status: status, Title: http.StatusText(status)}
	var m ErrorModel
	if json.Unmarshal(body, &m) != nil {
		return p // somebody in between has answered
	}
	p.Detail, p.Field = value(m.Detail), value(m.Field)
	p.Hint = value(m.Hint)
	for _, e := range m.Errors {
		p.Wrong = append(p.Wrong, Wrong{Where: value(e.Location), What: value(e.Message)})
	}
	return p
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
