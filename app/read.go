package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"

	"github.com/bongsu/bongsu/capture"
	capfile "github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/file"
)

// progressEvery is how many packets pass between two reports of progress.
const progressEvery = 1 << 14

// capture follows the packets of all parts as one capture.
func (a *analysis) capture(ctx context.Context, r file.Recording, result *Recording, sink func(*event.Event) error) error {
	source, err := hashOf(ctx, r.Parts)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		result.problem(r.Name, file.Unreadable, err)
		return nil
	}
	var failed error
	engine := dissect.NewEngine(dissect.Config{
		Set: a.set, Source: source, IgnoreChecksums: true,
		Emit: func(e *event.Event) {
			if failed == nil {
				failed = sink(e)
			}
		},
	})
	for _, p := range r.Parts {
		if err := a.packets(ctx, r.Name, p, result, engine, &failed); err != nil {
			return err
		}
	}
	engine.Close()
	stats := engine.Stats()
	if len(stats.Skipped) > 0 {
		result.Notes.Skipped = maps.Clone(stats.Skipped)
	}
	return failed
}

// packets feeds one part to the engine. What is wrong with the part is noted;
// the error returned ends the analysis.
func (a *analysis) packets(ctx context.Context, name string, p *file.Part, result *Recording, engine *dissect.Engine, failed *error) error {
	s, err := p.Open(ctx)
	if err != nil {
		result.problem(p.Path, file.Unreadable, err)
		return ctx.Err()
	}
	defer func() { _ = s.Close() }()
	reader, err := capfile.NewReader(s)
	if err != nil {
		result.problem(p.Path, file.Unreadable, err)
		return ctx.Err()
	}
	offset := result.Packets
	taken := int64(0)
	defer func() { a.advance(name, p.Size-taken) }()
	var packet capture.Packet
	for {
		err := reader.Next(&packet)
		if err != nil {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
				result.problem(p.Path, file.Unreadable, err)
			}
			return nil
		}
		packet.Number += offset
		result.Packets = packet.Number
		engine.Packet(&packet)
		if *failed != nil {
			return *failed
		}
		if result.Packets%progressEvery == 0 {
			now := s.Taken()
			a.advance(name, now-taken)
			taken = now
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// hashOf returns the content hash of a part, or one over the hashes of several.
func hashOf(ctx context.Context, parts []*file.Part) (string, error) {
	if len(parts) == 1 {
		return parts[0].Hash(ctx)
	}
	all := sha256.New()
	for _, p := range parts {
		h, err := p.Hash(ctx)
		if err != nil {
			return "", err
		}
		all.Write([]byte(h))
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// log decodes the lines of one part.
func (a *analysis) log(ctx context.Context, name string, p *file.Part, result *Recording, sink func(*event.Event) error) error {
	hash, err := p.Hash(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		result.problem(p.Path, file.Unreadable, err)
		return nil
	}
	reader, err := decode.NewReader(a.Decoders, p.Format, decode.Options{Reference: p.Modified, Path: p.Name})
	if err != nil {
		return err
	}
	s, err := p.Open(ctx)
	if err != nil {
		result.problem(p.Path, file.Unreadable, err)
		return ctx.Err()
	}
	defer func() { _ = s.Close() }()
	taken := int64(0)
	defer func() { a.advance(name, p.Size-taken) }()

	var batch []*event.Event
	var stop error // what ends the analysis, unlike what is wrong with the file
	err = p.Records(hash).Read(ctx, s, func(ctx context.Context, records []source.Record) error {
		for _, rec := range records {
			batch = reader.Decode(rec, batch[:0])
			for _, e := range batch {
				if stop = sink(e); stop != nil {
					return stop
				}
			}
		}
		now := s.Taken()
		a.advance(name, now-taken)
		taken = now
		return ctx.Err()
	})
	counts := reader.Counts()
	result.Notes.LogRecords += counts.Records
	result.Notes.NotUnderstood += counts.NotUnderstood
	switch {
	case stop != nil:
		return stop
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		result.problem(p.Path, file.Unreadable, err)
	}
	return nil
}

func (r *Recording) problem(path string, reason file.Reason, err error) {
	if errors.Is(err, file.ErrBound) {
		reason = file.Bounded
	}
	r.Problems = append(r.Problems, file.Problem{Path: path, Reason: reason, Err: err})
}
