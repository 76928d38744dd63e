package app

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/telemetry"
)

// lateness is how much later than others an event may come and still find its
// windows open: a log that is forwarded, a flow that is told when it ends.
const lateness = time.Minute

// A detectors is what the runner is made of.
type detectors struct {
	kinds    []detect.Kind
	settings map[string]detect.Settings
}

func (d detectors) runner() (*detect.Runner, error) {
	return detect.NewRunner(d.kinds, d.settings, detect.Options{Lateness: lateness})
}

// A watch runs the detectors over the live stream. Its state lies in a
// snapshot, together with the place in the stream that it belongs to; what
// came later is seen again after a restart and gives the same findings.
type watch struct {
	path    string // of the snapshot
	clock   func() time.Time
	log     *slog.Logger
	metrics *telemetry.Metrics
	// settle makes durable what findings given so far have led to.
	settle func(context.Context) error

	present detectors
	runner  *detect.Runner
	next    atomic.Pointer[detectors] // to change to, nil mostly
	forced  chan chan struct{}        // who wants a snapshot now
	done    uint64                    // the place that the snapshot belongs to
	taken   time.Time                 // when it was taken
	pause   time.Duration             // until the next
}

// Bounds of how often a snapshot is taken: often enough that a restart has
// little to repeat, so seldom that it costs a fiftieth of the time at most.
const (
	snapshotEvery = 20 * time.Second
	snapshotShare = 50
)

var _ bus.Checkpointer = (*watch)(nil)

// begin makes the detectors of the stage; Resume gives them what they knew.
func (w *watch) begin(d detectors) error {
	runner, err := d.runner()
	if err != nil {
		return fmt.Errorf("set up detectors: %w", err)
	}
	w.present, w.runner, w.taken, w.pause = d, runner, w.clock(), snapshotEvery
	return nil
}

// change makes the stage go on with other detectors. Those that stay as they
// are keep what they know.
func (w *watch) change(d detectors) error {
	if _, err := d.runner(); err != nil {
		return fmt.Errorf("set up detectors: %w", err)
	}
	w.next.Store(&d)
	return nil
}

// Handle shows a frame to the detectors.
func (w *watch) Handle(_ context.Context, frame event.Frame) ([][]detect.Finding, error) {
	if d := w.next.Swap(nil); d != nil {
		if err := w.replace(*d); err != nil {
			return nil, err
		}
	}
	return w.found(w.runner.Examine(frame)), nil
}

// Tick closes windows while nothing comes.
func (w *watch) Tick(_ context.Context, now time.Time) ([][]detect.Finding, error) {
	return w.found(w.runner.Advance(now.Add(-lateness))), nil
}

// Flush gives nothing: a live stream has no end.
func (w *watch) Flush(context.Context) ([][]detect.Finding, error) { return nil, nil }

func (w *watch) found(list []detect.Finding) [][]detect.Finding {
	for i := range list {
		w.metrics.Findings.WithLabelValues(list[i].Rule.Detector).Inc()
	}
	return some(list)
}

// replace carries the state over to other detectors.
func (w *watch) replace(d detectors) error {
	runner, err := d.runner()
	if err != nil {
		return err
	}
	r, pipe := io.Pipe()
	go func() { pipe.CloseWithError(w.runner.Snapshot(pipe)) }()
	anew, err := runner.Restore(r)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	w.present, w.runner = d, runner
	w.log.Info("detectors changed", "begin_anew", anew)
	return nil
}

// Resume takes up the snapshot. One that cannot be read is told of and left
// aside: the detectors begin anew with what the bus still has.
func (w *watch) Resume(context.Context) (uint64, error) {
	done, err := w.load()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		w.log.Warn("state of detectors cannot be taken up; they begin anew", "file", w.path, "error", err)
		return 0, w.begin(w.present)
	}
	w.done = done
	return done, nil
}

func (w *watch) load() (uint64, error) {
	f, err := os.Open(w.path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewReader(f)
	var place [8]byte
	if _, err := io.ReadFull(in, place[:]); err != nil {
		return 0, err
	}
	anew, err := w.runner.Restore(in)
	if err != nil {
		return 0, err
	}
	if len(anew) > 0 {
		w.log.Info("detectors were changed and begin anew", "detectors", anew)
	}
	return binary.BigEndian.Uint64(place[:]), nil
}

// Checkpoint takes a snapshot when it is time.
func (w *watch) Checkpoint(ctx context.Context, handled uint64) (uint64, error) {
	select {
	case told := <-w.forced:
		done, err := w.snapshot(ctx, handled)
		if w.done == handled {
			close(told)
		}
		return done, err
	default:
	}
	if handled == w.done || w.clock().Sub(w.taken) < w.pause {
		return w.done, nil
	}
	return w.snapshot(ctx, handled)
}

// force takes a snapshot at the next message or moment of quiet, and returns
// when it is on the disk.
func (w *watch) force(ctx context.Context) error {
	for {
		told := make(chan struct{})
		select {
		case w.forced <- told:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case <-told:
			return nil
		case <-time.After(5 * time.Second): // it could not be written, and has said so
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// snapshot writes the state down.
func (w *watch) snapshot(ctx context.Context, handled uint64) (uint64, error) {
	began := w.clock()
	err := w.settle(ctx)
	if err == nil {
		err = w.save(handled)
	}
	if err != nil {
		// The older snapshot holds; what came since will be seen again.
		w.log.Warn("state of detectors cannot be kept", "error", err)
		w.taken = began
		return w.done, nil
	}
	w.done, w.taken = handled, w.clock()
	w.pause = max(snapshotEvery, snapshotShare*w.taken.Sub(began))
	return w.done, nil
}

func (w *watch) save(handled uint64) error {
	return replaceFile(w.path, func(f io.Writer) error {
		var place [8]byte
		binary.BigEndian.PutUint64(place[:], handled)
		if _, err := f.Write(place[:]); err != nil {
			return err
		}
		return w.runner.Snapshot(f)
	})
}

// replaceFile writes a file beside its place and moves it there when it is
// whole and on the disk.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
