package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/identity"
)

// heartbeat is how often a stream in which nothing happens says that it lives.
const heartbeat = 15 * time.Second

// changes streams what changes, as server-sent events.
func (s *server) changes() {
	o := operation{
		id: "changes", method: http.MethodGet, streams: true, path: "/changes", action: identity.ReadIncidents, tag: "changes",
		summary: "Changes of findings, incidents and suppressions as server-sent events; Last-Event-ID goes on where a stream broke. An event missed says to read lists anew",
	}.huma()
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	huma.Register(s.api, o, func(_ context.Context, in *struct {
		Last string `header:"Last-Event-ID" maxLength:"32"`
	},
	) (*huma.StreamResponse, error) {
		after, err := strconv.ParseUint(in.Last, 10, 64)
		if in.Last != "" && err != nil {
			return nil, huma.Error400BadRequest("Last-Event-ID " + in.Last + " is not a number")
		}
		if in.Last == "" {
			after = s.Desk.Latest()
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", "text/event-stream")
			s.follow(r, w, after)
		}}, nil
	})
}

// askAgain is how often it is asked whether who follows changes still may: a
// session ends, a token is removed.
const askAgain = time.Minute

// follow writes changes until the client goes.
func (s *server) follow(r *http.Request, w http.ResponseWriter, after uint64) {
	ctx := r.Context()
	asked := s.Clock()
	control := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		_ = control.SetWriteDeadline(time.Now().Add(longWrite)) // a client that reads nothing is let go
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && control.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return
	}
	for {
		if now := s.Clock(); now.Sub(asked) >= askAgain {
			if !s.still(r, identity.ReadIncidents) {
				return
			}
			asked = now
		}
		wait, cancel := context.WithTimeout(ctx, heartbeat)
		list, missed, err := s.Desk.Changes(wait, after)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !send(": still here\n\n") {
				return
			}
			continue
		case missed && !send("event: missed\ndata: {}\n\n"):
			return
		}
		if missed {
			after = s.Desk.Latest()
		}
		for i := range list {
			data, err := json.Marshal(list[i])
			if err != nil {
				s.Log.Error("change cannot be told", "error", err)
				return
			}
			if !send("id: %d\nevent: %s\ndata: %s\n\n", list[i].Sequence, list[i].Kind, data) {
				return
			}
			after = list[i].Sequence
		}
	}
}
