package api

import (
	"bufio"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/text"
)

// Question is what a hunt is asked with.
type Question struct {
	Query  string `json:"query" maxLength:"8192" doc:"in the language of docs/hunt.md; empty: the latest events"`
	Cursor string `json:"cursor,omitempty" maxLength:"1024" doc:"next of the page before"`
	Limit  int    `json:"limit,omitempty" minimum:"0" maximum:"10000" doc:"events of one answer"`
	Zone   string `json:"zone,omitempty" maxLength:"64" doc:"of times without one: Asia/Seoul; UTC where it is left out"`
}

// HuntAnswer is what a hunt found: events, or groups, or buckets.
type HuntAnswer struct {
	Explanation text.Said    `json:"explanation" doc:"what was asked, in words"`
	Events      []OCSF       `json:"events,omitempty" doc:"newest first"`
	Groups      []HuntGroup  `json:"groups,omitempty"`
	Buckets     []HuntBucket `json:"buckets,omitempty"`
	Next        string       `json:"next,omitempty"`
	Partial     string       `json:"partial,omitempty" doc:"why the answer is not whole"`
	Segments    int          `json:"segments" doc:"that were looked at"`
	Rows        int64        `json:"rows" doc:"of those segments"`
	Took        float64      `json:"took" doc:"seconds"`
}

// HuntGroup is one combination of values.
type HuntGroup struct {
	Values []string  `json:"values"`
	Count  int64     `json:"count"`
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
}

// HuntBucket is one step of a timeline.
type HuntBucket struct {
	Start time.Time `json:"start"`
	Value string    `json:"value,omitempty"`
	Count int64     `json:"count"`
}

// SavedHunt is a hunt that is kept.
type SavedHunt struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Query       string    `json:"query"`
	Owner       string    `json:"owner"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Version     int64     `json:"version"`
}

func savedHunt(x hunt.Saved) SavedHunt {
	return SavedHunt{x.ID, x.Name, x.Description, x.Text, x.Owner, x.Created, x.Updated, x.Version}
}

// SavingHunt is what is kept of a hunt.
type SavingHunt struct {
	Name        string `json:"name" minLength:"1" maxLength:"400"`
	Description string `json:"description,omitempty" maxLength:"8000"`
	Query       string `json:"query" maxLength:"8192"`
}

// HuntFeedback is what helps while a hunt is typed. Places are bytes of the query.
type HuntFeedback struct {
	Problems    []HuntProblem    `json:"problems"`
	Completions []HuntCompletion `json:"completions" doc:"what may stand at the cursor, the likeliest first"`
	Spans       []HuntSpan       `json:"spans" doc:"pieces of one kind, in their order"`
	Explanation text.Said        `json:"explanation" doc:"what is asked; empty while something is wrong"`
	Canonical   string           `json:"canonical,omitempty" doc:"the same hunt, written as everybody writes it"`
}

// HuntProblem is what is wrong with a hunt, or may surprise.
type HuntProblem struct {
	Start   int       `json:"start"`
	End     int       `json:"end"`
	Column  int       `json:"column" doc:"in letters, from 1"`
	Text    text.Said `json:"text"`
	Hint    text.Said `json:"hint"`
	Instead string    `json:"instead,omitempty" doc:"what to write there"`
	Warning bool      `json:"warning,omitempty" doc:"it can be asked nevertheless"`
}

// HuntCompletion is one text that may stand at the cursor.
type HuntCompletion struct {
	Start  int       `json:"start"`
	End    int       `json:"end"`
	Insert string    `json:"insert"`
	Kind   string    `json:"kind" enum:"field,operator,value,keyword"`
	Doc    text.Said `json:"doc"`
}

// HuntSpan is a piece of a hunt of one kind.
type HuntSpan struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind" enum:"field,operator,value,text,regex,time,keyword,bracket,error"`
}

var (
	completionKinds = map[hunt.CompletionKind]string{
		hunt.CompleteField: "field", hunt.CompleteOperator: "operator", hunt.CompleteValue: "value", hunt.CompleteKeyword: "keyword",
	}
	spanKinds = map[hunt.SpanKind]string{
		hunt.SpanField: "field", hunt.SpanOperator: "operator", hunt.SpanValue: "value", hunt.SpanText: "text", hunt.SpanRegex: "regex",
		hunt.SpanTime: "time", hunt.SpanKeyword: "keyword", hunt.SpanBracket: "bracket", hunt.SpanError: "error",
	}
)

func huntFeedback(f hunt.Feedback) HuntFeedback {
	out := HuntFeedback{
		Problems: []HuntProblem{}, Completions: []HuntCompletion{}, Spans: []HuntSpan{}, Explanation: f.Explanation, Canonical: f.Canonical,
	}
	for _, p := range f.Problems {
		out.Problems = append(out.Problems, HuntProblem(p))
	}
	for _, c := range f.Completions {
		out.Completions = append(out.Completions, HuntCompletion{c.Start, c.End, c.Insert, completionKinds[c.Kind], c.Doc})
	}
	for _, x := range f.Spans {
		out.Spans = append(out.Spans, HuntSpan{x.Start, x.End, spanKinds[x.Kind]})
	}
	return out
}

func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("zone " + name + " is not known; write it as Asia/Seoul, or leave it out for UTC")
	}
	return loc, nil
}

func (s *server) hunts() {
	const tag = "hunt"
	add(s, operation{id: "hunt", method: http.MethodPost, path: "/hunt", summary: "Ask a question about stored events", action: identity.RunHunts, tag: tag, errors: []int{422, 501, 504}},
		func(ctx context.Context, in *body[Question]) (*body[HuntAnswer], error) {
			loc, err := zone(in.Body.Zone)
			if err != nil {
				return nil, err
			}
			began := s.Clock()
			a, err := s.Hunts.Run(ctx, "", in.Body.Query, hunt.RunOptions{Location: loc, Cursor: in.Body.Cursor, Rows: in.Body.Limit})
			if err != nil {
				return nil, err
			}
			kind := "latest"
			switch {
			case a.Query.Top != nil:
				kind = "top"
			case a.Query.Count != nil:
				kind = "count"
			case a.Query.Timeline != nil:
				kind = "timeline"
			}
			s.Metrics.Queries.WithLabelValues(kind).Observe(s.Clock().Sub(began).Seconds())
			return &body[HuntAnswer]{huntAnswer(a, hunt.Options{Now: began.Truncate(time.Second), Location: loc}, s.Clock().Sub(began))}, nil
		})
	add(s, operation{id: "check-hunt", method: http.MethodPost, path: "/hunt/check", summary: "Help while a hunt is typed", action: identity.RunHunts, tag: tag},
		func(_ context.Context, in *struct {
			Body struct {
				Query  string `json:"query" maxLength:"8192"`
				Cursor int    `json:"cursor" doc:"byte at which is typed, -1 for none"`
				Zone   string `json:"zone,omitempty" maxLength:"64"`
			}
		},
		) (*body[HuntFeedback], error) {
			loc, err := zone(in.Body.Zone)
			if err != nil {
				return nil, err
			}
			f := hunt.Check(in.Body.Query, in.Body.Cursor, hunt.CheckOptions{Options: hunt.Options{Now: s.Clock(), Location: loc}})
			return &body[HuntFeedback]{huntFeedback(f)}, nil
		})
	huma.Register(s.api, operation{id: "export-hunt", method: http.MethodGet, streams: true, path: "/hunt/export", summary: "All events that a hunt finds, newest first, one OCSF object a line", action: identity.RunHunts, tag: tag, errors: []int{422, 501}}.huma(),
		func(ctx context.Context, in *struct {
			Query string `query:"query" maxLength:"8192"`
			Zone  string `query:"zone" maxLength:"64"`
		},
		) (*huma.StreamResponse, error) {
			return s.exportHunt(ctx, in.Query, in.Zone)
		})
	add(s, operation{id: "list-hunts", method: http.MethodGet, path: "/hunts", summary: "Saved hunts by name", action: identity.RunHunts, tag: tag},
		func(ctx context.Context, in *struct{ Paging }) (*body[Page[SavedHunt]], error) {
			list, next, err := s.Hunts.List(ctx, "", in.Cursor, in.Limit)
			var out []SavedHunt
			for _, x := range list {
				out = append(out, savedHunt(x))
			}
			return page(out, next), err
		})
	add(s, operation{id: "get-hunt", method: http.MethodGet, path: "/hunts/{id}", summary: "One saved hunt", action: identity.RunHunts, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*body[SavedHunt], error) {
			x, err := s.Hunts.Get(ctx, "", in.ID)
			return &body[SavedHunt]{savedHunt(x)}, err
		})
	add(s, operation{id: "save-hunt", method: http.MethodPost, path: "/hunts", summary: "Keep a hunt", action: identity.ChangeHunts, tag: tag, status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *body[SavingHunt]) (*body[SavedHunt], error) {
			x, err := s.Hunts.Save(ctx, hunt.Saved{Name: in.Body.Name, Description: in.Body.Description, Text: in.Body.Query, Owner: audit.ActorOf(ctx).ID})
			return &body[SavedHunt]{savedHunt(x)}, err
		})
	add(s, operation{id: "change-hunt", method: http.MethodPut, path: "/hunts/{id}", summary: "Change a saved hunt", action: identity.ChangeHunts, tag: tag, errors: []int{404, 409, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				SavingHunt
				Version int64 `json:"version"`
			}
		},
		) (*body[SavedHunt], error) {
			x, err := s.Hunts.Save(ctx, hunt.Saved{ID: in.ID, Name: in.Body.Name, Description: in.Body.Description, Text: in.Body.Query, Version: in.Body.Version})
			return &body[SavedHunt]{savedHunt(x)}, err
		})
	add(s, operation{id: "remove-hunt", method: http.MethodDelete, path: "/hunts/{id}", summary: "Remove a saved hunt", action: identity.ChangeHunts, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*struct{}, error) { return nil, s.Hunts.Delete(ctx, "", in.ID) })
}

func huntAnswer(a *hunt.Answer, asked hunt.Options, took time.Duration) HuntAnswer {
	out := HuntAnswer{
		Explanation: a.Hunt.Explain(asked), Next: a.Next, Partial: a.Result.Partial,
		Segments: a.Result.Scanned.Segments, Rows: a.Result.Scanned.Rows, Took: took.Seconds(),
	}
	for _, e := range a.Result.Events {
		out.Events = append(out.Events, e.AppendJSON(nil))
	}
	for _, g := range a.Result.Groups {
		out.Groups = append(out.Groups, HuntGroup{g.Values, g.Count, g.First, g.Last})
	}
	for _, b := range a.Result.Buckets {
		out.Buckets = append(out.Buckets, HuntBucket{b.Start, b.Value, b.Count})
	}
	return out
}

// exportPage is how many events are held at once while exporting.
const exportPage = 1000

// exportHunt streams events page by page. The first page is asked for before
// the answer begins, so that a question that cannot be asked is an error.
func (s *server) exportHunt(ctx context.Context, query, zoneName string) (*huma.StreamResponse, error) {
	loc, err := zone(zoneName)
	if err != nil {
		return nil, err
	}
	opts := hunt.RunOptions{Location: loc, Rows: exportPage}
	first, err := s.Hunts.Run(ctx, "", query, opts)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	if first.Query.Top != nil || first.Query.Count != nil || first.Query.Timeline != nil {
		return nil, huma.Error422UnprocessableEntity("only events are exported; leave out what stands behind |")
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Trailer", partialTrailer)
		out := bufio.NewWriterSize(patient{w}, 1<<16)
		var line []byte
		for a := first; ; {
			for _, e := range a.Result.Events {
				line = append(e.AppendJSON(line[:0]), '\n')
				if _, err := out.Write(line); err != nil {
					return
				}
			}
			if a.Result.Partial != "" {
				w.Header().Set(partialTrailer, a.Result.Partial)
			}
			if a.Next == "" || out.Flush() != nil {
				break
			}
			opts.Cursor = a.Next
			if a, err = s.Hunts.Run(r.Context(), "", query, opts); err != nil {
				s.Log.Warn("export ended early", "error", err)
				panic(http.ErrAbortHandler) // the client sees that the answer is not whole
			}
		}
		_ = out.Flush() // whoever asked has gone
	}}, nil
}

// partialTrailer says behind an export why it is not whole.
const partialTrailer = "Bongsu-Partial"

// patient writes to a client that reads, however slowly; one that reads nothing
// does not hold what it is given.
type patient struct{ http.ResponseWriter }

// Write writes.
func (p patient) Write(b []byte) (int, error) {
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(longWrite)) // some writers have none
	return p.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (p patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
