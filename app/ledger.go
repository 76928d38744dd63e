package app

import (
	"context"
	"fmt"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/statestore"
)

// marks returns how far each source had come, as the bus knows it, or, where
// the data was restored without the bus, the ledger.
func (s *server) marks(ctx context.Context) (map[string]string, error) {
	positions, err := s.state.Ledger().Positions(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, p := range positions {
		out[name] = p.Position
	}
	err = s.bus.Marks(ctx, enriched.Name, 0, func(m bus.Mark) bool {
		out[m.Source] = m.Position
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read marks of sources: %w", err)
	}
	return out, nil
}

// saveMarks writes the marks of the bus into the ledger, for a backup, which
// holds the ledger and not the bus.
func (s *server) saveMarks(ctx context.Context) error {
	last := s.bus.Last(enriched.Name)
	var positions []statestore.Position
	err := s.bus.Marks(ctx, enriched.Name, 0, func(m bus.Mark) bool {
		positions = append(positions, statestore.Position{Source: m.Source, Position: m.Position, Sequence: last})
		return true
	})
	if err != nil {
		return fmt.Errorf("read marks of sources: %w", err)
	}
	return s.state.Ledger().SetPositions(ctx, positions)
}
