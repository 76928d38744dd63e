package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// Status is how the program fares.
type Status struct {
	Version  string          `json:"version"`
	Started  time.Time       `json:"started"`
	Ready    bool            `json:"ready"`
	Checks   []Check         `json:"checks"`
	Sources  []source.Status `json:"sources"`
	Stages   []Stage         `json:"stages"`
	Stored   Stored          `json:"stored"`
	DiskFree int64           `json:"disk_free" doc:"bytes"`
	Engine   bool            `json:"engine" doc:"whether stored events can be searched"`
	Damage   []string        `json:"damage,omitempty" doc:"what was found damaged and set aside"`
}

// Check is one thing that readiness depends on.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// Stage is how far behind a stage is.
type Stage struct {
	Topic  string `json:"topic"`
	Stage  string `json:"stage"`
	Behind uint64 `json:"behind" doc:"frames not handled yet"`
}

// Stored is how much is kept.
type Stored struct {
	Events   int64 `json:"events" doc:"in segments"`
	Tail     int   `json:"tail" doc:"not yet in a segment"`
	Segments int   `json:"segments"`
	Bytes    int64 `json:"bytes"`
}

// DeadLetter is a frame that a stage could not handle.
type DeadLetter struct {
	ID     uint64    `json:"id"`
	Topic  string    `json:"topic"`
	Stage  string    `json:"stage"`
	Reason string    `json:"reason"`
	Time   time.Time `json:"time"`
	Bytes  int       `json:"bytes"`
}

// AuditEntry is one thing that was done.
type AuditEntry struct {
	Sequence uint64          `json:"sequence"`
	Time     time.Time       `json:"time"`
	Actor    string          `json:"actor"`
	Name     string          `json:"name"`
	Peer     string          `json:"peer,omitempty"`
	Action   string          `json:"action"`
	Object   string          `json:"object"`
	Detail   json.RawMessage `json:"detail,omitempty"`
	Hash     string          `json:"hash"`
}

// AuditVerdict says whether the audit log is whole.
type AuditVerdict struct {
	Whole  bool         `json:"whole"`
	Report audit.Report `json:"report"`
	Say    []text.Said  `json:"say"`
}

func (s *server) system() {
	const tag = "system"
	add(s, operation{id: "status", method: http.MethodGet, path: "/status", summary: "How the program and its sources fare", action: identity.ReadStatus, tag: tag},
		func(ctx context.Context, _ *struct{}) (*body[Status], error) {
			return &body[Status]{s.System.Status(ctx)}, nil
		})
	add(s, operation{id: "list-dead-letters", method: http.MethodGet, path: "/dead-letters", summary: "Frames that a stage could not handle", action: identity.ReadStatus, tag: tag},
		func(ctx context.Context, in *struct{ Paging }) (*body[Page[DeadLetter]], error) {
			var after uint64
			if in.Cursor != "" {
				var err error
				if after, err = strconv.ParseUint(in.Cursor, 10, 64); err != nil {
					return nil, huma.Error400BadRequest("cursor is not one of this list; begin again without one")
				}
			}
			list, err := s.System.DeadLetters(ctx, after, in.Limit)
			next := ""
			if len(list) == in.Limit {
				next = strconv.FormatUint(list[len(list)-1].ID, 10)
			}
			return page(list, next), err
		})
	add(s, operation{id: "retry-dead-letter", method: http.MethodPost, path: "/dead-letters/{number}/retry", summary: "Give a frame to its stage again", action: identity.ChangeSettings, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByNumber) (*struct{}, error) {
			return nil, s.System.RetryDeadLetter(ctx, in.Number)
		})
	add(s, operation{id: "discard-dead-letter", method: http.MethodDelete, path: "/dead-letters/{number}", summary: "Give a frame up", action: identity.ChangeSettings, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByNumber) (*struct{}, error) {
			return nil, s.System.DiscardDeadLetter(ctx, in.Number)
		})
	add(s, operation{id: "list-audit", method: http.MethodGet, path: "/audit", summary: "Who did what, the latest first", action: identity.ReadAudit, tag: tag},
		func(ctx context.Context, in *struct {
			Paging
			Actor  string    `query:"actor" maxLength:"128"`
			Action string    `query:"action" maxLength:"128"`
			Object string    `query:"object" maxLength:"256"`
			From   time.Time `query:"from"`
			To     time.Time `query:"to"`
		},
		) (*body[Page[AuditEntry]], error) {
			list, next, err := s.Audit.List(ctx, audit.Filter{Actor: in.Actor, Action: in.Action, Object: in.Object, From: in.From, Until: in.To}, in.Cursor, in.Limit)
			var out []AuditEntry
			for _, e := range list {
				out = append(out, AuditEntry{e.Sequence, e.Time, e.Actor.ID, e.Actor.Name, e.Actor.Peer, e.Action, e.Object, e.Detail, e.Hash})
			}
			return page(out, next), err
		})
	add(s, operation{id: "verify-audit", method: http.MethodGet, path: "/audit/verify", summary: "Whether the audit log is whole", action: identity.ReadAudit, tag: tag},
		func(ctx context.Context, _ *struct{}) (*body[AuditVerdict], error) {
			r, err := s.Audit.Verify(ctx)
			return &body[AuditVerdict]{AuditVerdict{Whole: r.Whole(), Report: r, Say: r.Say()}}, err
		})
	s.stream(operation{id: "export-audit", method: http.MethodGet, path: "/audit/export", summary: "The audit log, one entry a line, to be verified elsewhere", action: identity.ReadAudit, tag: tag},
		"application/x-ndjson", "", func(ctx context.Context, w http.ResponseWriter) error { return s.Audit.Export(ctx, w, audit.Filter{}) })
	s.stream(operation{id: "backup", method: http.MethodPost, path: "/backup", summary: "Everything that is kept, as a tar archive", action: identity.MakeBackups, tag: tag},
		"application/x-tar", `attachment; filename="bongsu-backup.tar"`, func(ctx context.Context, w http.ResponseWriter) error { return s.System.Backup(ctx, w) })
}

// ByNumber names one thing by its number.
type ByNumber struct {
	Number uint64 `path:"number"`
}

// stream registers an operation whose answer is written as it is made. When it
// cannot be finished the connection is cut, so that nobody takes a part for the
// whole.
func (s *server) stream(o operation, kind, disposition string, write func(context.Context, http.ResponseWriter) error) {
	o.streams = true
	h := o.huma()
	h.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(s.api, h, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			_, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", kind)
			if disposition != "" {
				w.Header().Set("Content-Disposition", disposition)
			}
			if err := write(hc.Context(), patient{w}); err != nil {
				s.Log.Warn("an answer was cut short", "operation", o.id, "error", err)
				panic(http.ErrAbortHandler)
			}
		}}, nil
	})
}
