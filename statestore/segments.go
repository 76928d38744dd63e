package statestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// Segments is the catalogue of the event store.
type Segments struct{ store *Store }

// Segments returns the catalogue of the event store.
func (s *Store) Segments() *Segments { return &Segments{s} }

// Commit does all of a change or nothing of it. On a full disk the error is
// eventstore.ErrNoSpace as well.
func (c *Segments) Commit(ctx context.Context, change eventstore.Change) error {
	err := c.store.write(ctx, func(tx conn) error {
		for _, name := range change.Removed {
			if _, err := tx.exec(`DELETE FROM segments WHERE name = ?`, name); err != nil {
				return err
			}
		}
		for i := range change.Added {
			if err := putSegment(tx, &change.Added[i]); err != nil {
				return fmt.Errorf("%s: %w", change.Added[i].Name, err)
			}
		}
		if change.Stream == "" {
			return nil
		}
		_, err := tx.exec(`INSERT INTO streams (name, position) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET position = excluded.position`, change.Stream, int64(change.Position))
		return err
	})
	if errors.Is(err, ErrNoSpace) {
		err = errors.Join(eventstore.ErrNoSpace, err)
	}
	if err != nil {
		return fmt.Errorf("change catalogue of segments: %w", err)
	}
	return nil
}

func putSegment(tx conn, s *eventstore.Segment) error {
	columns, err := json.Marshal(s.Columns)
	if err != nil {
		return err
	}
	sources, err := json.Marshal(s.Sources)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO segments (name, tenant, class, row_count, bytes, first, last, stored, columns, exact, sources)
		VALUES (`+marks(11)+`) ON CONFLICT (name) DO UPDATE SET
		tenant = excluded.tenant, class = excluded.class, row_count = excluded.row_count, bytes = excluded.bytes,
		first = excluded.first, last = excluded.last, stored = excluded.stored, columns = excluded.columns,
		exact = excluded.exact, sources = excluded.sources`,
		s.Name, s.Tenant, int64(s.Class), s.Rows, s.Bytes, s.First.UnixNano(), s.Last.UnixNano(), nanos(s.Stored),
		string(columns), bit(s.Exact), string(sources))
	return err
}

// Segments returns all segments, in any order.
func (c *Segments) Segments(ctx context.Context) ([]eventstore.Segment, error) {
	var out []eventstore.Segment
	err := c.store.read(ctx).each(`SELECT name, tenant, class, row_count, bytes, first, last, stored, columns, exact, sources FROM segments`, nil, func(scan func(...any) error) error {
		var s eventstore.Segment
		var class, first, last, stored, exact int64
		var columns, sources string
		if err := scan(&s.Name, &s.Tenant, &class, &s.Rows, &s.Bytes, &first, &last, &stored, &columns, &exact, &sources); err != nil {
			return err
		}
		s.Class, s.Stored, s.Exact = event.Class(class), moment(stored), exact != 0
		s.First, s.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC() // never absent: 0 is 1970
		if err := json.Unmarshal([]byte(columns), &s.Columns); err != nil {
			return fmt.Errorf("%w: segment %s: columns: %w", ErrDamaged, s.Name, err)
		}
		if err := json.Unmarshal([]byte(sources), &s.Sources); err != nil {
			return fmt.Errorf("%w: segment %s: sources: %w", ErrDamaged, s.Name, err)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read catalogue of segments: %w", err)
	}
	return out, nil
}

// Positions returns the position of every stream that has one.
func (c *Segments) Positions(ctx context.Context) (map[string]uint64, error) {
	out := map[string]uint64{}
	err := c.store.read(ctx).each(`SELECT name, position FROM streams`, nil, func(scan func(...any) error) error {
		var name string
		var position int64
		if err := scan(&name, &position); err != nil {
			return err
		}
		out[name] = uint64(position)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read positions of streams: %w", err)
	}
	return out, nil
}
