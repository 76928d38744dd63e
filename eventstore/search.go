package eventstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/bongsu/bongsu/event"
	columns "github.com/bongsu/bongsu/wire/parquet"
)

// Holders are where in a segment a text is found.
type Holders struct {
	Columns  []event.Path // ascending
	Unmapped bool
}

// ReadHolders says which text columns of a segment hold a text, whatever the
// case of ASCII letters: those in which Contains finds it, and Anywhere looks no
// further than into those. Columns with a dictionary cost hardly anything; with
// quick the others are said to hold it without being read.
func ReadHolders(ctx context.Context, path, text string, quick bool) (Holders, error) {
	r, err := openSegment(path)
	if err != nil {
		return Holders{}, err
	}
	defer r.close()
	s := search{text: []byte(fold(Text(text))), quick: quick}
	var out Holders
	err = guard(func() error {
		for _, c := range r.columns {
			if t := c.path.Type(); t != event.String && t != event.JSON {
				continue
			}
			found, err := s.column(ctx, r, c)
			if err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
			if found {
				out.Columns = append(out.Columns, c.path)
			}
		}
		s.literals = true
		var err error
		out.Unmapped, err = s.column(ctx, r, r.value)
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			return Holders{}, ctx.Err()
		}
		return Holders{}, fmt.Errorf("read segment %s: %w: %w", path, ErrSegment, err)
	}
	slices.Sort(out.Columns)
	return out, nil
}

// search looks for a folded text.
type search struct {
	text     []byte
	quick    bool
	literals bool // what is looked at are JSON literals, looked for is what they mean
	folded   []byte
}

func (s *search) column(ctx context.Context, r *reader, c *columnReader) (found bool, err error) {
	for i, g := range r.groups {
		meta := &r.meta.RowGroups[i].Columns[c.leaf].MetaData
		if s.quick && meta.DictionaryPageOffset == 0 && meta.NumValues > meta.Statistics.NullCount {
			return true, nil
		}
		err := columns.Scan(g.ColumnChunks()[c.leaf], meta, func(texts []byte, offsets []uint32) bool {
			found = s.in(texts, offsets)
			return found || ctx.Err() != nil
		})
		if err == nil {
			err = ctx.Err()
		}
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// in reports whether one of the texts holds the one that is looked for: all of
// them together first, then, as it may lie across two of them, each.
func (s *search) in(texts []byte, offsets []uint32) bool {
	s.folded = append(s.folded[:0], texts...)
	for i, c := range s.folded {
		if c-'A' < 26 {
			s.folded[i] = c | 0x20
		}
	}
	if !bytes.Contains(s.folded, s.text) && (!s.literals || bytes.IndexByte(s.folded, '\\') < 0) {
		return false
	}
	for i := 1; i < len(offsets); i++ {
		from, to := offsets[i-1], offsets[i]
		if s.literals {
			if containsFold(Text(event.Unquote(string(texts[from:to]))), string(s.text)) {
				return true
			}
		} else if bytes.Contains(s.folded[from:to], s.text) {
			return true
		}
	}
	return false
}
