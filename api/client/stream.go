package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// prefix is where the API lies.
const prefix = "/api/v1"

// maxProblem bounds an answer that says what is wrong.
const maxProblem = 1 << 20

// send asks for something whose answer, or whose body, streams. The caller
// closes the answer's body.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body io.Reader, header http.Header) (*http.Response, error) {
	target := c.base + prefix + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if err := c.adorn(ctx, r); err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, reached(err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
		if err != nil {
			return nil, err
		}
		return nil, problem(answer.StatusCode, text)
	}
	return answer, nil
}

// copyTo writes an answer as it comes. One that was cut short is an error.
func (c *Client) copyTo(ctx context.Context, w io.Writer, method, path string, query url.Values) (int64, error) {
	answer, err := c.send(ctx, method, path, query, nil, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	n, err := io.Copy(w, answer.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the server cut its answer short after %d bytes; its log says why", n)
	}
	if partial := answer.Trailer.Get("Bongsu-Partial"); err == nil && partial != "" {
		err = fmt.Errorf("the answer is not whole: %s", partial)
	}
	return n, err
}

// Upload hands a recording in, whose name says what its bytes are where they do
// not. It returns when the server has it; reading it goes on there. The error is
// a *Problem where the server refuses it.
func (c *Client) Upload(ctx context.Context, name string, body io.Reader) (u Upload, err error) {
	answer, err := c.send(ctx, http.MethodPost, "/uploads", url.Values{"name": {name}}, body, http.Header{"Content-Type": {"application/octet-stream"}})
	if err != nil {
		return u, err
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxProblem)).Decode(&u); err != nil {
		return u, fmt.Errorf("read answer to upload: %w", err)
	}
	return u, nil
}

// ExportHunt writes every event that a hunt finds, one a line, and returns how
// many bytes. Zone is that of times without one, UTC where it is "".
func (c *Client) ExportHunt(ctx context.Context, w io.Writer, query, zone string) (int64, error) {
	values := url.Values{"query": {query}}
	if zone != "" {
		values.Set("zone", zone)
	}
	return c.copyTo(ctx, w, http.MethodGet, "/hunt/export", values)
}

// ExportAudit writes the audit log, one entry a line.
func (c *Client) ExportAudit(ctx context.Context, w io.Writer) (int64, error) {
	return c.copyTo(ctx, w, http.MethodGet, "/audit/export", nil)
}

// ExportAssets writes all assets as CSV.
func (c *Client) ExportAssets(ctx context.Context, w io.Writer) (int64, error) {
	return c.copyTo(ctx, w, http.MethodGet, "/assets/export", nil)
}

// Backup writes a tar archive of everything that the server keeps.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	return c.copyTo(ctx, w, http.MethodPost, "/backup", nil)
}

// A Change is something that is no longer as it was. Kind "missed" says that
// some were not kept: lists are to be read anew.
type Change struct {
	Sequence uint64
	Kind     string
	Data     json.RawMessage
}

// maxLine bounds a line of the stream of changes.
const maxLine = 1 << 20

// silence is how long the stream of changes may say nothing: the server says
// every 15 seconds that it lives.
const silence = time.Minute

// ErrSilent says that a server stopped saying that it lives.
var ErrSilent = errors.New("the server says nothing any more")

// Changes calls each with what changes after a sequence, 0 for from now on,
// until ctx ends, the connection does, or each returns an error, which is
// returned. Whoever comes back gives the last sequence seen.
func (c *Client) Changes(ctx context.Context, after uint64, each func(Change) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(ErrSilent) })
	defer watchdog.Stop()
	header := http.Header{"Accept": {"text/event-stream"}}
	if after > 0 {
		header.Set("Last-Event-ID", strconv.FormatUint(after, 10))
	}
	answer, err := c.send(ctx, http.MethodGet, "/changes", nil, nil, header)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxLine)
	var now Change
	for lines.Scan() {
		watchdog.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			if now.Sequence, err = strconv.ParseUint(value, 10, 64); err != nil {
				return fmt.Errorf("read changes: id %q is no number", value)
			}
		case "event":
			now.Kind = value
		case "data":
			now.Data = append(now.Data, value...)
		}
		if lines.Text() == "" && now.Kind != "" {
			if err := each(now); err != nil {
				return err
			}
			now = Change{}
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("read changes: %w", err)
	}
	return context.Cause(ctx)
}
