package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/identity"
)

const cookieName = "bongsu_session"

type localKey struct{}

// Local returns a context whose requests come from the machine itself, by
// somebody who may read the data folder: they may do everything.
func Local(ctx context.Context) context.Context { return context.WithValue(ctx, localKey{}, true) }

// local is the actor of such requests.
var local = audit.Actor{ID: "local", Name: "local"}

// headers adds what keeps browsers from doing with answers what is not meant,
// and answers what no operation does.
func headers(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if _, pattern := mux.Handler(r); pattern == "" {
			unknown(mux, w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// unknown answers a request that no operation is for.
func unknown(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	p := huma.ErrorModel{Status: http.StatusNotFound, Detail: "there is nothing under this address; " + Prefix + "/openapi.yaml says what there is"}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		p.Status, p.Detail = http.StatusMethodNotAllowed, "only "+strings.Join(allowed, ", ")+" here"
		w.Header().Set("Allow", strings.Join(allowed, ", "))
	}
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // whoever asked has gone
}

// count counts the request by its route, never by its address: a client could
// make any number of those.
func (s *server) count(ctx huma.Context, next func(huma.Context)) {
	defer func() { // also where an answer is cut
		code := ctx.Status()
		if code == 0 {
			code = http.StatusOK
		}
		s.Metrics.Requests.WithLabelValues(ctx.Method()+" "+ctx.Operation().Path, strconv.Itoa(code)).Inc()
	}()
	next(ctx)
}

// answerWait is how long an answer that does not stream may take to make and to
// send.
const answerWait = 2 * time.Minute

// bound lets go of clients that do not take their answer. What streams has its
// own bounds; a deadline of the request before must not hold for it.
func (s *server) bound(ctx huma.Context, next func(huma.Context)) {
	_, w := humago.Unwrap(ctx)
	deadline := time.Now().Add(answerWait)
	streams, _ := ctx.Operation().Metadata[metaStreams].(bool)
	if streams || ctx.Operation().BodyReadTimeout < 0 {
		deadline = time.Time{}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(deadline) // some writers have none
	next(ctx)
}

// protect refuses requests that a page of somebody else has a browser make.
func (s *server) protect(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	if IsLocal(r.Context()) {
		next(ctx)
		return
	}
	// DNS rebinding: a name of the attacker's that leads to loopback. A browser
	// then still sends that name.
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && loopback(addr.String()) && !ownName(r.Host) {
		s.refuse(ctx, http.StatusMisdirectedRequest, "the Host header names another machine; ask by address, or by localhost")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !sameOrigin(r) {
		s.refuse(ctx, http.StatusForbidden, "the request comes from a page of another site")
		return
	}
	next(ctx)
}

func (s *server) refuse(ctx huma.Context, code int, why string) {
	_ = huma.WriteErr(s.api, ctx, code, why) // whoever asked has gone
}

// IsLocal reports whether a context is one of Local.
func IsLocal(ctx context.Context) bool { return ctx.Value(localKey{}) != nil }

func loopback(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

// ownName reports a name that only this machine has: an address, or localhost.
func ownName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err = netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}

// sameOrigin reports a request that no other site's page has made. Programs
// send neither header.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// authorise finds out who asks and whether they may.
func (s *server) authorise(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	peer := r.RemoteAddr
	if IsLocal(r.Context()) {
		who := identity.Who{Account: local.ID, Name: local.Name, Role: identity.Administrator}
		next(huma.WithContext(ctx, audit.WithActor(identity.With(ctx.Context(), who, ""), local)))
		return
	}
	if open, _ := ctx.Operation().Metadata[metaOpen].(bool); open {
		actor := audit.Actor{ID: audit.System, Name: audit.System, Peer: peer}
		next(huma.WithContext(ctx, audit.WithActor(ctx.Context(), actor)))
		return
	}
	who, err := s.who(r)
	if err != nil {
		s.fail(ctx, err)
		return
	}
	action, _ := ctx.Operation().Metadata[metaAction].(identity.Action)
	inner := identity.With(ctx.Context(), who, peer)
	if err := identity.Require(inner, action); err != nil {
		s.fail(ctx, err)
		return
	}
	next(huma.WithContext(ctx, inner))
}

func (s *server) fail(ctx huma.Context, err error) {
	var p *problem
	if !errors.As(s.problem(ctx.Context(), err), &p) {
		s.refuse(ctx, http.StatusInternalServerError, "")
		return
	}
	ctx.SetHeader("Content-Type", "application/problem+json")
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // whoever asked has gone
}

// still reports whether who asked for a stream may do so now.
func (s *server) still(r *http.Request, action identity.Action) bool {
	if IsLocal(r.Context()) {
		return true
	}
	who, err := s.who(r)
	return err == nil && identity.Allowed(who, action)
}

// who returns whose request it is, by its token or its session.
func (s *server) who(r *http.Request) (identity.Who, error) {
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		secret = strings.TrimSpace(secret)
		if strings.HasPrefix(secret, identity.TokenPrefix) {
			return s.Gate.ByToken(r.Context(), secret, r.RemoteAddr)
		}
		return s.Gate.BySession(r.Context(), secret, r.RemoteAddr)
	}
	if c, err := r.Cookie(cookieName); err == nil {
		return s.Gate.BySession(r.Context(), c.Value, r.RemoteAddr)
	}
	return identity.Who{}, identity.ErrCredentials
}
