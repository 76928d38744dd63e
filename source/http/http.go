// Package http takes in records by HTTP: a body of lines, of NDJSON or of a
// JSON array, as programs that ship logs send it. What the records say is for
// the decoders: Suricata's EVE, OCSF, syslog lines and all other formats may
// come in any mixture.
//
// It is a handler that app mounts behind identity; it asks nobody who they are
// and opens no port. Captures, archives and whole files are uploaded instead.
//
// # What an answer means
//
// Accepted in the answer is how many records, from the beginning of the body,
// are durable. That holds for every answer, also for one that tells of an
// error: a sender goes on behind them. Where no answer comes, a sender that had
// sent an Idempotency-Key sends the same body again under the same key, and
// what was kept the first time is not kept twice, as far as the bus remembers.
package http

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// Bounds.
const (
	// MaxRecord is the length of the longest record that is kept whole.
	MaxRecord = 1 << 20
	// MaxKey is the longest Idempotency-Key.
	MaxKey = 128
	// DefaultConcurrent is how many requests are read at a time.
	DefaultConcurrent = 64
	// DefaultIdle is how long a sender may send nothing.
	DefaultIdle = 30 * time.Second
	// DefaultLongest is how long one request may last.
	DefaultLongest = 15 * time.Minute

	maxBatch   = 1000      // records that are handed on at once
	batchBytes = 256 << 10 // and their bytes
	block      = 64 << 10
	gather     = 5 * time.Millisecond

	// Past freely, unpacked data may be at most maxRatio times as much as came.
	freely    = 16 << 20
	maxRatio  = 250
	maxWindow = 8 << 20 // of zstd, RFC 8878 §3.1.1.1.2

	answerTime = 10 * time.Second
)

// Config says what a Handler does with what it is sent.
type Config struct {
	// ID and Clock are those of source.Env.
	ID    string
	Clock func() time.Time
	// Emit makes a batch durable before it returns. An error is the server's
	// fault: the sender is asked to try again later.
	Emit func(ctx context.Context, b Batch) error
	// Scope returns in whose name a request comes: a token, an account. Keys of
	// one scope mean nothing in another, and behind a proxy, where all come from
	// one address, it tells senders apart. Nil: all are one.
	Scope func(*http.Request) string
	// MaxBody bounds the unpacked bytes of a request; 0: none.
	MaxBody int64
	// Concurrent, Idle and Longest have defaults. One scope at one address gets
	// half of Concurrent at most.
	Concurrent int
	Idle       time.Duration
	Longest    time.Duration
}

// A Batch is records that become durable together.
type Batch struct {
	Records []source.Record
	// ID is the same for the same part of a body that is sent again under the
	// same Idempotency-Key, and for nothing else; "" without a key. It is made
	// to be bus.Stamp.ID: such a batch is published by itself.
	ID string
}

// A Handler takes in records. It is safe for concurrent use.
type Handler struct {
	cfg      Config
	position atomic.Uint64

	mu      sync.Mutex
	active  int
	senders map[string]int

	records, bytes, cut, requests, refused, broken, failed atomic.Uint64
}

// New returns a handler.
func New(cfg Config) *Handler {
	cfg.Concurrent = cmp.Or(cfg.Concurrent, DefaultConcurrent)
	cfg.Idle = cmp.Or(cfg.Idle, DefaultIdle)
	cfg.Longest = cmp.Or(cfg.Longest, DefaultLongest)
	if cfg.Scope == nil {
		cfg.Scope = func(*http.Request) string { return "" }
	}
	return &Handler{cfg: cfg, senders: map[string]int{}}
}

// Counts tells what happened so far.
func (h *Handler) Counts() map[string]uint64 {
	h.mu.Lock()
	active := h.active
	h.mu.Unlock()
	return map[string]uint64{
		"active": uint64(active), "requests": h.requests.Load(),
		"records": h.records.Load(), "bytes": h.bytes.Load(), "cut": h.cut.Load(),
		"refused": h.refused.Load(), // before anything was read: too many requests, a wrong method or encoding
		"broken":  h.broken.Load(),  // bodies that could not be read to their end
		"failed":  h.failed.Load(),  // records could not be made durable
	}
}

// Answer is what a sender is told. Of a body that was taken in whole, only the
// first three are there.
type Answer struct {
	Accepted int   `json:"accepted"`      // records, from the beginning of the body, that are durable
	Cut      int   `json:"cut,omitempty"` // of these, longer than MaxRecord and kept up to there
	Bytes    int64 `json:"bytes"`         // of the unpacked body that the accepted records end at

	Type   string    `json:"type,omitempty"` // RFC 9457
	Title  string    `json:"title,omitempty"`
	Status int       `json:"status,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Do     text.Said `json:"do,omitzero"`
}

// ServeHTTP reads one body to its end, record by record.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.requests.Add(1)
	peer, scope := peerOf(r), h.cfg.Scope(r)
	sender := scope + " " + peer
	if a := h.admit(w, r, sender); a != nil {
		h.refused.Add(1)
		h.answer(w, *a)
		return
	}
	defer h.leave(sender)
	key := r.Header.Get("Idempotency-Key")
	body, a := unpack(r)
	if a == nil && !keyForm(key) {
		a = refusal(http.StatusBadRequest, fmt.Sprintf("Idempotency-Key has %d bytes or signs that are not visible ASCII", len(key)), badKey.Say(text.Args{"n": MaxKey}))
	}
	if a != nil {
		h.refused.Add(1)
		h.answer(w, *a)
		return
	}
	t := &taking{h: h, peer: peer}
	if key != "" {
		sum := sha256.Sum256([]byte(strconv.Quote(scope) + " " + key))
		t.key = hex.EncodeToString(sum[:16])
	}
	answer := t.take(r.Context(), http.NewResponseController(w), r.Body, body)
	// A deadline that has passed ends the context of all requests that come by
	// the same connection.
	if answer.Status != 0 || r.Context().Err() != nil {
		w.Header().Set("Connection", "close")
	}
	h.answer(w, answer)
}

// admit counts a request in, or says why not.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, sender string) *Answer {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refusal(http.StatusMethodNotAllowed, "method "+r.Method+" is not POST", text.Said{})
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "multipart/") {
		return refusal(http.StatusUnsupportedMediaType, "a body of "+kind+" is a form, not records", form.Say(nil))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active >= h.cfg.Concurrent || h.senders[sender] >= max(1, h.cfg.Concurrent/2) {
		w.Header().Set("Retry-After", "1")
		return refusal(http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being read, %d of them from this sender", h.active, h.senders[sender]), tooMany.Say(nil))
	}
	h.active++
	h.senders[sender]++
	return nil
}

func (h *Handler) leave(sender string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active--
	if h.senders[sender]--; h.senders[sender] == 0 {
		delete(h.senders, sender)
	}
}

func (h *Handler) answer(w http.ResponseWriter, a Answer) {
	kind, status := "application/json", http.StatusOK
	if a.Status != 0 {
		kind, status = "application/problem+json", a.Status
		if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "5")
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", kind)
	// Not every writer has deadlines; then the server's own hold.
	_ = http.NewResponseController(w).SetWriteDeadline(h.cfg.Clock().Add(answerTime))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // nobody is there to be told
}

func refusal(status int, detail string, do text.Said) *Answer {
	return &Answer{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Do: do}
}

func peerOf(r *http.Request) string {
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return a.Addr().Unmap().String()
	}
	return r.RemoteAddr
}

// keyForm allows visible ASCII.
func keyForm(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return len(key) <= MaxKey
}

// counter counts what comes over the wire.
type counter struct {
	in io.Reader
	n  atomic.Int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// unpacked is a body with its encoding taken off.
type unpacked struct {
	io.Reader
	packed *counter // nil where it had none
	close  func()
}

// unpack takes the encoding off. What the encoder's header holds is read with
// the body, because it may be slow.
func unpack(r *http.Request) (*unpacked, *Answer) {
	switch e := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); e {
	case "", "identity":
		return &unpacked{Reader: r.Body, close: func() {}}, nil
	case "gzip", "x-gzip":
		c := &counter{in: r.Body}
		return &unpacked{Reader: &lazyGzip{in: c}, packed: c, close: func() {}}, nil
	case "zstd":
		c := &counter{in: r.Body}
		z, err := zstd.NewReader(c, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, refusal(http.StatusBadRequest, "zstd: "+err.Error(), text.Said{})
		}
		return &unpacked{Reader: z, packed: c, close: z.Close}, nil
	default:
		return nil, refusal(http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Encoding %q is not gzip, zstd or identity", e), encoding.Say(nil))
	}
}

// lazyGzip reads the header of gzip with the first data.
type lazyGzip struct {
	in io.Reader
	z  *gzip.Reader
}

func (l *lazyGzip) Read(b []byte) (int, error) {
	if l.z == nil {
		z, err := gzip.NewReader(l.in)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		l.z = z
	}
	return l.z.Read(b)
}

// Why a body cannot be read to its end.
var (
	errExpands = errors.New("the body unpacks to far more than came")
	errLarge   = errors.New("the body is larger than allowed")
	errLasts   = errors.New("the request lasts too long")
)

// why makes an answer of what ended a body before its end.
func (h *Handler) why(err error) *Answer {
	switch {
	case errors.Is(err, errExpands):
		return refusal(http.StatusBadRequest, fmt.Sprintf("%v: more than %d times", err, maxRatio), expands.Say(nil))
	case errors.Is(err, errLarge):
		return refusal(http.StatusRequestEntityTooLarge, fmt.Sprintf("%v: %d bytes", err, h.cfg.MaxBody), large.Say(nil))
	case errors.Is(err, errLasts):
		return refusal(http.StatusRequestTimeout, fmt.Sprintf("%v: more than %s", err, h.cfg.Longest), lasts.Say(nil))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refusal(http.StatusRequestTimeout, fmt.Sprintf("nothing came for %s", h.cfg.Idle), lasts.Say(nil))
	}
	return refusal(http.StatusBadRequest, "read body: "+err.Error(), damaged.Say(nil))
}

var (
	badKey = text.Message{
		EN: "Send up to {n} visible ASCII characters, such as a UUID.",
		KO: "UUID처럼 눈에 보이는 ASCII 문자를 {n}자까지 보내 주세요.",
	}
	form = text.Message{
		EN: "Send the records themselves as the body, one a line: `curl --data-binary @FILE`. Captures and whole files go to uploads.",
		KO: "기록 자체를 한 줄에 하나씩 본문으로 보내 주세요: `curl --data-binary @파일`. 캡처와 파일 전체는 업로드로 보내 주세요.",
	}
	tooMany = text.Message{
		EN: "Try again after the seconds of Retry-After, and send more records in fewer requests.",
		KO: "Retry-After에 적힌 초가 지난 뒤 다시 보내고, 더 많은 기록을 더 적은 요청에 담아 주세요.",
	}
	encoding = text.Message{
		EN: "Send the body packed by gzip or zstd, or not packed.",
		KO: "본문을 gzip이나 zstd로 압축하거나, 압축하지 않고 보내 주세요.",
	}
	expands = text.Message{
		EN: "Send what was accepted no more, and the rest unpacked or in parts.",
		KO: "받아들인 부분은 다시 보내지 말고, 나머지를 압축하지 않거나 나누어 보내 주세요.",
	}
	large = text.Message{
		EN: "Go on behind the accepted records in another request.",
		KO: "받아들인 기록 다음부터 새 요청으로 이어서 보내 주세요.",
	}
	lasts = text.Message{
		EN: "Go on behind the accepted records in another request; end a request when there is nothing to send.",
		KO: "받아들인 기록 다음부터 새 요청으로 이어서 보내 주세요. 보낼 것이 없으면 요청을 끝내 주세요.",
	}
	damaged = text.Message{
		EN: "The body is damaged behind the accepted records. Send the records behind them again.",
		KO: "받아들인 기록 다음부터 본문이 손상되었습니다. 그 다음 기록부터 다시 보내 주세요.",
	}
	busy = text.Message{
		EN: "The records behind the accepted ones are not kept. Send them again after the seconds of Retry-After.",
		KO: "받아들인 기록 다음부터는 저장되지 않았습니다. Retry-After에 적힌 초가 지난 뒤 다시 보내 주세요.",
	}
)
