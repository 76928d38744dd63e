package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/source"
)

// Upload is a recording that somebody handed in.
type Upload struct {
	ID       string             `json:"id"`
	Name     string             `json:"name"`
	SHA256   string             `json:"sha256"`
	Size     int64              `json:"size"`
	Kind     string             `json:"kind,omitempty" doc:"capture or log"`
	State    source.UploadState `json:"state"`
	Events   uint64             `json:"events"`
	Findings uint64             `json:"findings"`
	Error    string             `json:"error,omitempty" doc:"what was not read, and why"`
	Created  time.Time          `json:"created"`
	Updated  time.Time          `json:"updated"`
	Again    bool               `json:"again,omitempty" doc:"these bytes were handed in before; this is that upload"`
}

func uploadOf(u source.Upload) Upload {
	return Upload{
		ID: u.ID, Name: u.Name, SHA256: u.SHA256, Size: u.Size, Kind: u.Kind, State: u.State,
		Events: u.Events, Findings: u.Findings, Error: u.Error, Created: u.Created, Updated: u.Updated,
	}
}

// Streamed is a request whose body is read as it comes.
type Streamed struct {
	request *http.Request
	answer  http.ResponseWriter
}

// Resolve keeps the request.
func (s *Streamed) Resolve(ctx huma.Context) []error {
	s.request, s.answer = humago.Unwrap(ctx)
	return nil
}

// slowest is how long an upload may bring nothing.
const slowest = time.Minute

// coming is the body of an upload, which must go on coming.
type coming struct {
	io.Reader
	answer http.ResponseWriter
}

// Read reads.
func (c coming) Read(p []byte) (int, error) {
	_ = http.NewResponseController(c.answer).SetReadDeadline(time.Now().Add(slowest)) // some have none
	return c.Reader.Read(p)
}

func (s *server) uploads() {
	const tag = "uploads"
	type accepted struct {
		Status int
		Body   Upload
	}
	o := operation{
		id: "add-upload", method: http.MethodPost, path: "/uploads", action: identity.AddUploads, tag: tag, status: http.StatusAccepted, errors: []int{413, 422}, body: -1,
		summary: "Hand in a capture, a log or an archive: the bytes as the body, or one file of a form",
	}.huma()
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	huma.Register(s.api, o, func(ctx context.Context, in *struct {
		Streamed
		Name string `query:"name" maxLength:"1024" doc:"of the file; formats whose records do not say what they are go by it"`
	},
	) (*accepted, error) {
		name, file, err := fileOf(in.request, coming{in.request.Body, in.answer}, in.Name)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		up, again, err := s.Uploads.Accept(ctx, name, file)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		out := &accepted{Status: http.StatusAccepted, Body: uploadOf(up)}
		if again {
			out.Status, out.Body.Again = http.StatusOK, true
		}
		return out, nil
	})
	add(s, operation{id: "list-uploads", method: http.MethodGet, path: "/uploads", summary: "Uploads, the newest first", action: identity.ReadUploads, tag: tag},
		func(ctx context.Context, in *struct{ Paging }) (*body[Page[Upload]], error) {
			list, next, err := s.Uploads.List(ctx, in.Cursor, in.Limit)
			var out []Upload
			for _, u := range list {
				out = append(out, uploadOf(u))
			}
			return page(out, next), err
		})
	add(s, operation{id: "get-upload", method: http.MethodGet, path: "/uploads/{id}", summary: "How far an upload is", action: identity.ReadUploads, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*body[Upload], error) {
			u, err := s.Uploads.Upload(ctx, in.ID)
			return &body[Upload]{uploadOf(u)}, err
		})
	add(s, operation{id: "remove-upload", method: http.MethodDelete, path: "/uploads/{id}", summary: "Take an upload away, with its events, findings and incidents", action: identity.ChangeUploads, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*struct{}, error) { return nil, s.Uploads.Delete(ctx, in.ID) })
}

// fileOf returns the file of a request: its body, or the first file of a form.
func fileOf(r *http.Request, sent io.Reader, name string) (string, io.Reader, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return name, sent, nil // whatever it calls itself, the bytes will tell
	}
	if err != nil {
		return "", nil, err
	}
	form := multipart.NewReader(sent, params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, errors.New("the form holds no file")
		}
		if err != nil {
			return "", nil, err
		}
		if part.FileName() == "" {
			continue
		}
		if name == "" {
			name = part.FileName()
		}
		return name, part, nil
	}
}

// ingest mounts what takes records in.
func (s *server) ingest() {
	o := operation{
		id: "ingest", method: http.MethodPost, path: "/ingest", action: identity.SendEvents, tag: "events", errors: []int{413, 422}, body: -1,
		summary: "Hand in records: lines, NDJSON or a JSON array, of any format that Bongsu reads; answered once they are durable",
	}.huma()
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	huma.Register(s.api, o, func(_ context.Context, _ *struct {
		Streamed
		Key string `header:"Idempotency-Key" maxLength:"256" doc:"what was kept of a body that was sent under this key before is not kept twice"`
	},
	) (*huma.StreamResponse, error) {
		if s.Ingest == nil {
			return nil, huma.Error501NotImplemented("nothing takes records in here")
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			s.Ingest.ServeHTTP(w, r.WithContext(hc.Context()))
		}}, nil
	})
}
