package zeekconn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// run is one capture read with one set of options.
type run struct {
	trace   string
	path    string
	options options

	done   bool
	result map[string][]ours
	err    error
}

// flows returns our flows by their ends, in the order in which they ended.
func (r *run) flows() (map[string][]ours, error) {
	if !r.done {
		r.done = true
		r.result, r.err = r.read()
	}
	return r.result, r.err
}

// only returns the ends of the single flow of a capture, "" where there are
// more.
func (r *run) only() string {
	flows, err := r.flows()
	if err != nil || len(flows) != 1 {
		return ""
	}
	for t, list := range flows {
		if len(list) == 1 {
			return t
		}
	}
	return ""
}

func (r *run) read() (_ map[string][]ours, err error) {
	keep, err := compileFilter(r.options.filter)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in, err := file.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.trace, err)
	}
	out := map[string][]ours{}
	e := dissect.NewEngine(dissect.Config{
		Set:             dissect.NewSet(catalog.Protocols()),
		IgnoreChecksums: r.options.ignoreChecksums,
		Timeouts:        r.options.timeouts,
		LikelyServer:    r.options.likely(),
		Emit: func(ev *event.Event) {
			if ev.Class != event.NetworkActivity || !ev.Has(event.StartTime) {
				return
			}
			o := fromEvent(ev)
			t := tuple(o.values["id.orig_h"], o.values["id.orig_p"], o.values["id.resp_h"], o.values["id.resp_p"])
			out[t] = append(out[t], o)
		},
	})
	var p capture.Packet
	for {
		err := in.Next(&p)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.trace, err)
		}
		if keep(&p) {
			e.Packet(&p)
		}
	}
	e.Close()
	return out, nil
}
