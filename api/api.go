// Package api is the face for programs: everything that Bongsu knows and can be
// told, over HTTP under /api/v1, described by an OpenAPI document that is made
// of this code. It holds no logic; the modules do.
//
// To add an operation, write it beside its like and name the action of package
// identity that it is: an operation without one is refused at start.
package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/telemetry"
)

// Prefix is where the API lies.
const Prefix = "/api/v1"

// Uploads takes recordings in.
type Uploads interface {
	Accept(ctx context.Context, name string, body io.Reader) (u source.Upload, again bool, err error)
	Upload(ctx context.Context, id string) (source.Upload, error)
	List(ctx context.Context, cursor string, n int) (page []source.Upload, next string, err error)
	Delete(ctx context.Context, id string) error
}

// System is the program itself.
type System interface {
	Status(ctx context.Context) Status
	Backup(ctx context.Context, w io.Writer) error
	DeadLetters(ctx context.Context, after uint64, n int) ([]DeadLetter, error)
	RetryDeadLetter(ctx context.Context, id uint64) error
	DiscardDeadLetter(ctx context.Context, id uint64) error
}

// Config is what the API stands on. All must be set, but Ingest and BadCursor.
type Config struct {
	Gate    *identity.Gate
	Desk    *incident.Desk
	Hunts   *hunt.Service // its engine may be one that says that there is none
	Assets  *asset.Inventory
	Audit   *audit.Log
	Uploads Uploads
	System  System
	Ingest  http.Handler // takes records in; nil: none

	BadCursor error // what the stores return for a cursor that they did not make

	Metrics *telemetry.Metrics
	Clock   func() time.Time
	Log     *slog.Logger
	Version string
	Secure  bool // the listener speaks TLS: cookies go over nothing else
}

// Bounds of requests.
const (
	maxBody   = 1 << 20 // of JSON
	jsonWait  = 10 * time.Second
	maxN      = 500
	longWrite = 30 * time.Second // a reader of a stream must take something within
)

type server struct {
	Config
	api huma.API
}

// New returns the handler of everything under Prefix.
func New(cfg Config) (http.Handler, error) {
	mux := http.NewServeMux()
	s := &server{Config: cfg}
	s.api = humago.New(mux, s.document())
	s.api.UseMiddleware(s.count, s.bound, s.protect, s.authorise)
	s.identity()
	s.incidents()
	s.suppressions()
	s.hunts()
	s.assets()
	s.uploads()
	s.ingest()
	s.system()
	s.changes()
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("lay out API: %w", err)
	}
	return headers(mux), nil
}

// Document returns the OpenAPI 3.1 document; and the same as 3.0.3, in which
// each operation has one answer for every error, for the generator of package
// client: it makes a type of every answer.
func Document(version string) (whole, simple []byte, err error) {
	h, err := newUnserved(version)
	if err != nil {
		return nil, nil, err
	}
	if whole, err = h.api.OpenAPI().YAML(); err != nil {
		return nil, nil, err
	}
	for _, item := range h.api.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o != nil {
				simplify(o.Responses)
			}
		}
	}
	for _, schema := range h.api.OpenAPI().Components.Schemas.Map() {
		plain(schema)
	}
	simple, err = h.api.OpenAPI().DowngradeYAML()
	return whole, simple, err
}

// plain says of a schema what Go needs to know and nobody else: lists are never
// null, and an OCSF object is kept as it is.
func plain(s *huma.Schema) {
	if s == nil {
		return
	}
	s.Nullable = s.Nullable && s.Type != huma.TypeArray
	if s.Type == huma.TypeObject && s.AdditionalProperties == any(true) { //nolint:revive // it is of type any
		s.Extensions = map[string]any{"x-go-type": "json.RawMessage"}
	}
	plain(s.Items)
	for _, member := range s.Properties {
		plain(member)
	}
}

func simplify(answers map[string]*huma.Response) {
	for code, answer := range answers {
		if code >= "400" && code != "default" {
			delete(answers, code)
			answers["default"] = answer
			answer.Description = "Error"
		}
	}
}

// Generated stands for the version in documents of which something is made: it
// does not change with each release.
const Generated = "v1"

// Sum returns the hash of a document as package client has it beside itself.
func Sum(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}

// newUnserved lays the operations out with nothing behind them.
func newUnserved(version string) (*server, error) {
	s := &server{Config: Config{Version: version}}
	s.api = humago.New(http.NewServeMux(), s.document())
	s.identity()
	s.incidents()
	s.suppressions()
	s.hunts()
	s.assets()
	s.uploads()
	s.ingest()
	s.system()
	s.changes()
	return s, s.complete()
}

func (s *server) document() huma.Config {
	c := huma.DefaultConfig("Bongsu", s.Version)
	c.Info.Description = "What Bongsu sees, finds and is told. Errors are problem+json (RFC 9457)."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath = Prefix + "/openapi"
	c.DocsPath, c.SchemasPath = "", "" // the page of the library fetches scripts from elsewhere
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token (bgs_…) or the secret of a session."},
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "Set by POST /api/v1/sessions."},
	}
	return c
}

// schemaName names the schema of a type; those of other packages carry the
// package's name, since several have a Status or a Note.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	home := path.Base(t.PkgPath())
	if t.Name() == "" || home == "api" || home == "." || home == "huma" || home == "v2" {
		return name
	}
	return strings.ToUpper(home[:1]) + home[1:] + name
}

// An operation is one route.
type operation struct {
	id, method, path, summary string
	action                    identity.Action // "" with open
	open                      bool            // needs no account
	tag                       string
	status                    int
	errors                    []int
	body                      int64 // of the request; maxBody where it is 0, -1 is no bound here
	streams                   bool  // the answer is written as it is made
}

func (o operation) huma() huma.Operation {
	h := huma.Operation{
		OperationID: o.id, Method: o.method, Path: Prefix + o.path, Summary: o.summary,
		Tags: []string{o.tag}, DefaultStatus: o.status, Errors: append([]int{400, 500}, o.errors...),
		MaxBodyBytes: maxBody, BodyReadTimeout: jsonWait,
		Metadata: map[string]any{metaAction: o.action, metaOpen: o.open, metaStreams: o.streams},
	}
	if o.body != 0 {
		h.MaxBodyBytes = o.body
		h.BodyReadTimeout = -1
	}
	if !o.open {
		h.Security = []map[string][]string{{"token": {}}, {"session": {}}}
		h.Errors = append(h.Errors, 401, 403)
	}
	return h
}

const (
	metaAction  = "action"
	metaOpen    = "open"
	metaStreams = "streams"
)

// add registers an operation.
func add[In, Out any](s *server, o operation, handle func(context.Context, *In) (*Out, error)) {
	huma.Register(s.api, o.huma(), func(ctx context.Context, in *In) (*Out, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// complete reports operations that nobody said who may call.
func (s *server) complete() error {
	describeProblem(s.api.OpenAPI().Components.Schemas)
	var errs []error
	for path, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			action, _ := op.Metadata[metaAction].(identity.Action)
			open, _ := op.Metadata[metaOpen].(bool)
			if (action == "") != open {
				errs = append(errs, fmt.Errorf("%s %s: nobody said who may call it", op.Method, path))
			}
		}
	}
	return errors.Join(errs...)
}

// Paging is how lists are asked for.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// A Page is part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent after the last"`
}

type body[T any] struct{ Body T }

func page[T any](items []T, next string) *body[Page[T]] {
	if items == nil {
		items = []T{}
	}
	return &body[Page[T]]{Page[T]{Items: items, Next: next}}
}
