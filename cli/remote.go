package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/text"
)

// remote is what every command takes that speaks to a running Bongsu.
type remote struct {
	Server string `placeholder:"URL" help:"${remote_server}"`
	Token  string `placeholder:"TOKEN" help:"${remote_token}"`
	Data   string `placeholder:"FOLDER" default:"bongsu-data" help:"${remote_data}"`
	Format string `enum:"text,ndjson" default:"text" help:"${remote_format}"`
	Lang   string `enum:"ko,en,auto" default:"auto" help:"${lang}"`
}

// tokenVariable is where scripts leave the token: what stands on a command line
// can be read by every user of a machine.
const tokenVariable = "BONGSU_TOKEN"

// client returns what speaks to the server of the command line.
func (r *remote) client(env Env) (*client.Client, error) {
	cfg := client.Config{Server: r.Server, Token: r.Token, Lang: string(env.lang)}
	if cfg.Token == "" {
		cfg.Token = env.Getenv(tokenVariable)
	}
	if r.Server == "" {
		cfg.Socket = filepath.Join(r.Data, app.LocalSocket)
	}
	c, err := client.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: --server: %w", ErrUsage, err)
	}
	return c, nil
}

// explain turns an error of a request into one that says what to do.
func (r *remote) explain(env Env, err error) error {
	if errors.Is(err, client.ErrUnreached) {
		if r.Server != "" {
			return told{msgNoServer.Say(text.Args{"url": r.Server}).In(env.lang), err}
		}
		return told{msgNoSocket.Say(text.Args{"data": r.Data}).In(env.lang), err}
	}
	var p *client.Problem
	if !errors.As(err, &p) {
		return err
	}
	words := p.Say(string(env.lang))
	if p.Status == 401 && r.Server != "" {
		words += " " + say(env.lang, msgWantsToken)
	}
	return told{words, err}
}

// alone reports whether no server has the folder of the command line, so that a
// command can work on it itself.
func (r *remote) alone(err error) bool {
	return r.Server == "" && errors.Is(err, client.ErrUnreached)
}

// told is an error in the words of the reader.
type told struct {
	words string
	cause error
}

func (t told) Error() string { return t.words }

// Unwrap returns the cause.
func (t told) Unwrap() error { return t.cause }

// ask makes a request and returns its answer or what to tell about it.
func ask[T client.Answer](r *remote, env Env, answer T, err error) (T, error) {
	if err := client.Err(answer, err); err != nil {
		return answer, r.explain(env, err)
	}
	return answer, nil
}

// given returns a pointer to what was given, nil for nothing.
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// value returns what a pointer is to, the zero value for nil.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// line writes one object of NDJSON.
func line(env Env, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(append(text, '\n'))
	return err
}

// table writes rows with aligned columns. Cells come from outside: what would
// move the cursor is replaced.
func table(env Env, rows ...[]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			row[i] = strings.Join(strings.Fields(printable(cell)), " ")
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(row[i]))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			out.WriteString(cell)
			if i < len(row)-1 {
				out.WriteString(strings.Repeat(" ", widths[i]-cells(cell)+2))
			}
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(env.Stdout, out.String())
	return err
}

// cells is how wide a terminal draws a text: Hangul and what is like it takes
// two places.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n++
		if unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			n++
		}
	}
	return n
}

// headings are the names of columns.
func headings(env Env, names ...text.Message) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = say(env.lang, n)
	}
	return out
}

// stamp writes a moment as tables have it, in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func in(env Env, s client.TextSaid) string { return text.Said{EN: s.En, KO: s.Ko}.In(env.lang) }

// pages calls each for every page of a list until it is at its end or enough is
// there.
func pages(ctx context.Context, each func(cursor *string) (next *string, more bool, err error)) error {
	var cursor *string
	for ctx.Err() == nil {
		next, more, err := each(cursor)
		if err != nil || !more || value(next) == "" {
			return err
		}
		cursor = next
	}
	return context.Cause(ctx)
}

// exists reports whether there is something under a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
