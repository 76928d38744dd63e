package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits of one entry.
const (
	maxDetail = 64 << 10 // bytes
	maxText   = 1024     // bytes of every other member
)

// Head names the newest entry of a chain.
type Head struct {
	Sequence uint64 `json:"sequence"` // 0: the chain is empty
	Hash     string `json:"hash"`
}

// Filter says which entries are wanted. What is zero does not matter.
type Filter struct {
	Actor  string // id
	Action string // "incident.state", or "incident." for all that begin so
	Object string
	From   time.Time // at or after
	Until  time.Time // before
}

// A Store keeps entries. It never changes or removes one.
type Store interface {
	// Append keeps the entry that next makes of the head, in the transaction of
	// ctx or one of its own. next may be called more than once. kept is called
	// when the entry is durable.
	Append(ctx context.Context, next func(Head) (Entry, error), kept func(Entry)) error
	// Entry returns one entry; ok is false if there is none.
	Entry(ctx context.Context, sequence uint64) (entry Entry, ok bool, err error)
	// Head returns the newest entry's.
	Head(ctx context.Context) (Head, error)
	// Walk calls each for every entry that the filter wants, oldest first. It
	// stops at an error and returns it.
	Walk(ctx context.Context, filter Filter, each func(Entry) error) error
	// List returns a page, newest first, and the next page's cursor, "" after the
	// last.
	List(ctx context.Context, filter Filter, cursor string, limit int) (page []Entry, next string, err error)
}

// Config is what a Log stands on.
type Config struct {
	Store  Store
	Anchor string // path of the file that holds the head; "" for none
	Clock  func() time.Time
	Logger *slog.Logger // nil: silent
}

// A Log records what is done. It may be used by many goroutines.
type Log struct {
	store  Store
	anchor string
	clock  func() time.Time
	logger *slog.Logger

	mu       sync.Mutex
	anchored uint64 // sequence that the anchor holds
}

// Open opens the log. If the anchor does not go with the entries, because one
// of them was put back to an older state, the anchor is set aside under a name
// of its own and that is the first entry recorded: from then on the log shows
// that it happened.
func Open(ctx context.Context, config Config) (*Log, error) {
	l := &Log{store: config.Store, anchor: config.Anchor, clock: config.Clock, logger: config.Logger}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	if l.anchor == "" {
		return l, nil
	}
	state, err := compare(ctx, l.store, l.anchor)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	if state.State == AnchorHolds {
		l.anchored = state.Found.Sequence
		if state.Head.Sequence > state.Found.Sequence { // a crash came in between
			l.setAnchor(state.Head)
		}
		return l, nil
	}
	if state.Head.Sequence == 0 && state.State == AnchorMissing {
		return l, nil // the first start
	}
	aside := ""
	if state.State != AnchorMissing {
		if aside, err = setAside(l.anchor, l.clock()); err != nil {
			return nil, fmt.Errorf("open audit log: set anchor aside: %w", err)
		}
	}
	l.logger.Error("audit log and its anchor do not go together", "anchor", l.anchor, "state", string(state.State), "aside", aside)
	err = l.Record(ctx, Entry{Action: "audit.anchor", Object: l.anchor, Detail: Detail(state)})
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	return l, nil
}

// Record keeps that the actor of ctx did e.Action to e.Object; e.Detail, nil
// for nothing, says what changed and must hold no secret. The other members are
// given here. In a transaction of the state store that travels in ctx the entry
// is kept if and only if the rest of the transaction is; otherwise it is
// durable when Record returns.
func (l *Log) Record(ctx context.Context, e Entry) error {
	draft, err := l.draft(ctx, e)
	if err != nil {
		return fmt.Errorf("record %s: %w", bound(e.Action), err)
	}
	next := func(head Head) (Entry, error) {
		entry := draft
		entry.Sequence, entry.Previous = head.Sequence+1, head.Hash
		entry.Hash = Sum(entry)
		return entry, nil
	}
	kept := func(e Entry) { l.setAnchor(Head{Sequence: e.Sequence, Hash: e.Hash}) }
	if err := l.store.Append(ctx, next, kept); err != nil {
		return fmt.Errorf("record %s: %w", draft.Action, err)
	}
	return nil
}

// Detail writes what changed as the JSON object of an entry. A value that
// cannot be written is a mistake of the program; the entry then says so instead
// of being lost.
func Detail(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		raw, _ = json.Marshal(map[string]string{"unwritable": err.Error()}) //nolint:errchkjson // strings always encode
	}
	return raw
}

func (l *Log) draft(ctx context.Context, e Entry) (Entry, error) {
	if noun, verb, ok := strings.Cut(e.Action, "."); !ok || noun == "" || verb == "" {
		return Entry{}, fmt.Errorf("action %q is not noun.verb", e.Action)
	}
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		if len(e.Detail) > maxDetail {
			return Entry{}, fmt.Errorf("detail has %d bytes, more than %d", len(e.Detail), maxDetail)
		}
		// As the export writes it, so that its bytes are the ones that are hashed.
		var compact bytes.Buffer
		if err := json.Compact(&compact, e.Detail); err != nil {
			return Entry{}, fmt.Errorf("detail is not JSON: %w", err)
		}
		if detail = compact.Bytes(); detail[0] != '{' || !utf8.Valid(detail) {
			return Entry{}, errors.New("detail is not a JSON object in UTF-8")
		}
	}
	actor := ActorOf(ctx)
	return Entry{
		Time:   l.clock().UTC().Round(0),
		Actor:  Actor{ID: bound(actor.ID), Name: bound(actor.Name), Peer: bound(actor.Peer)},
		Action: bound(e.Action), Object: bound(e.Object), Detail: detail,
	}, nil
}

// bound makes a text fit to be kept and exported: valid UTF-8 of bounded
// length. Names and objects may come from a client.
func bound(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD") // PostgreSQL keeps none in TEXT
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// Sum returns the hash of an entry over all members but Hash, as the package
// comment describes.
func Sum(e Entry) string {
	h := sha256.New()
	for _, member := range []string{
		"bongsu audit 1", strconv.FormatUint(e.Sequence, 10), e.Time.UTC().Format(time.RFC3339Nano),
		e.Actor.ID, e.Actor.Name, e.Actor.Peer, e.Action, e.Object, string(e.Detail), e.Previous,
	} {
		fmt.Fprintf(h, "%d:%s,", len(member), member)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// List returns a page of entries, newest first, and the next page's cursor, ""
// after the last.
func (l *Log) List(ctx context.Context, filter Filter, cursor string, limit int) (page []Entry, next string, err error) {
	page, next, err = l.store.List(ctx, filter, cursor, limit)
	if err != nil {
		return nil, "", fmt.Errorf("list audit log: %w", err)
	}
	return page, next, nil
}

// Export writes the entries that the filter wants, oldest first, one JSON
// object a line.
func (l *Log) Export(ctx context.Context, w io.Writer, filter Filter) error {
	return Export(ctx, l.store, w, filter)
}

// Export writes the entries of a store, as Log.Export does.
func Export(ctx context.Context, store Store, w io.Writer, filter Filter) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // the bytes of detail are hashed
	err := store.Walk(ctx, filter, func(e Entry) error {
		line.Reset()
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("entry %d: %w", e.Sequence, err)
		}
		_, err := w.Write(line.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return nil
}

// setAnchor notes the newest entry. An anchor that cannot be written stays
// behind, which Verify tells apart from one that was tampered with.
func (l *Log) setAnchor(head Head) {
	if l.anchor == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if head.Sequence <= l.anchored { // a later entry was faster
		return
	}
	if err := writeAnchor(l.anchor, head); err != nil {
		l.logger.Warn("audit anchor stays behind", "error", err)
		return
	}
	l.anchored = head.Sequence
}

var errAnchor = errors.New("not an audit anchor")
