// Command experiment compares forms of an event batch, end to end: row → frame
// → JetStream with SyncAlways → decode → access → Parquet segment.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

func main() {
	data := flag.String("data", os.Getenv("BONGSU_TESTDATA"), "folder of the public test data")
	events := flag.Int("n", 40000, "events of a run")
	runs := flag.Int("runs", 3, "runs; the median is printed")
	variants := flag.String("variants", "A,Az,B", "variants to run")
	sets := flag.String("sets", "windows,zeek,eve,mix", "record kinds to run")
	modes := flag.String("modes", "rows,bytes,slow", "rows: 1000-row frames; bytes: also at most 256 KiB in memory; slow: 4 rows, 20 events/s")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "experiment:", err)
			os.Exit(1)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			fmt.Fprintln(os.Stderr, "experiment:", err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	if *data == "" {
		fmt.Fprintln(os.Stderr, "experiment: no test data: give -data or BONGSU_TESTDATA")
		os.Exit(2)
	}
	if err := run(*data, *events, *runs, strings.Split(*variants, ","), strings.Split(*sets, ","), strings.Split(*modes, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "experiment:", err)
		os.Exit(1)
	}
}

var stageNames = []string{"encode", "publish", "consume", "decode", "access", "segment", "distinct"}

type result struct {
	cpu               map[string]float64
	busBytes, segByte float64
	rows, kib         float64
	files, frames     int
	sum               uint64
}

func run(root string, n, runs int, variants, sets, modes []string) error {
	l := newLoader()
	kinds, err := l.load(root)
	if err != nil {
		return err
	}
	for _, k := range []string{"windows", "zeek", "eve"} {
		mem, raw, classes := 0, 0, map[int32]int{}
		fields, extra := 0, 0
		rawPath := l.path("raw_data")
		for i := range kinds[k] {
			r := &kinds[k][i]
			mem += r.size()
			raw += len(r.get(rawPath).str)
			classes[r.class]++
			fields += len(r.fields) + 2
			extra += len(r.unmapped)
		}
		m := len(kinds[k])
		fmt.Printf("%-8s %6d distinct records, raw %d B, in memory %d B, %.1f typed fields and %.1f unmapped a record, %d classes %v\n", k, m, raw/m, mem/m, float64(fields)/float64(m), float64(extra)/float64(m), len(classes), classes)
	}
	fmt.Printf("\n%-8s %-6s %-3s %8s %8s %8s | %7s", "set", "mode", "var", "bus B/e", "seg B/e", "rows/fr", "total")
	for _, s := range stageNames {
		fmt.Printf(" %8s", s)
	}
	fmt.Println("   CPU-s per million events (total without distinct); files")
	for _, set := range sets {
		names := []string{set}
		if set == "mix" {
			names = []string{"windows", "zeek", "eve"}
		}
		for _, mode := range modes {
			count := n
			if mode == "slow" {
				count = min(n, 12000)
			}
			stream := l.stream(kinds, names, count)
			sums := map[uint64]bool{}
			results := map[string][]result{}
			for range runs {
				for _, v := range variants {
					r, err := pipeline(l.dict, stream, v, mode)
					if err != nil {
						return fmt.Errorf("%s %s %s: %w", set, mode, v, err)
					}
					sums[r.sum] = true
					results[v] = append(results[v], r)
				}
			}
			if len(sums) != 1 {
				return fmt.Errorf("%s %s: variants read different values", set, mode)
			}
			for _, v := range variants {
				print1(set, mode, v, results[v])
			}
		}
	}
	return nil
}

func print1(set, mode, v string, rs []result) {
	med := func(f func(result) float64) float64 {
		xs := make([]float64, len(rs))
		for i := range rs {
			xs[i] = f(rs[i])
		}
		slices.Sort(xs)
		return xs[len(xs)/2]
	}
	total := med(func(r result) float64 {
		t := 0.0
		for s, c := range r.cpu {
			if s != "distinct" {
				t += c
			}
		}
		return t
	})
	fmt.Printf("%-8s %-6s %-3s %8.0f %8.0f %8.0f | %7.1f", set, mode, v, rs[0].busBytes, rs[0].segByte, rs[0].rows, total)
	for _, s := range stageNames {
		fmt.Printf(" %8.2f", med(func(r result) float64 { return r.cpu[s] }))
	}
	fmt.Printf("   %d\n", rs[0].files)
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func cut(rows []row, mode string) [][]row {
	limit, bytes := 1000, math.MaxInt
	switch mode {
	case "slow":
		limit = 4
	case "bytes":
		bytes = 256 << 10
	}
	var out [][]row
	start, size := 0, 0
	for i := range rows {
		size += rows[i].size()
		if i+1-start >= limit || size >= bytes || i == len(rows)-1 {
			out = append(out, rows[start:i+1])
			start, size = i+1, 0
		}
	}
	return out
}

func pipeline(d *dictionary, stream []row, variant, mode string) (result, error) {
	ctx := context.Background()
	res := result{cpu: map[string]float64{}}
	b, err := openBus(ctx)
	if err != nil {
		return res, err
	}
	defer b.close()
	dir, err := os.MkdirTemp("", "segments")
	if err != nil {
		return res, err
	}
	defer os.RemoveAll(dir)
	stage := func(name string, f func() error) error {
		runtime.GC()
		start := cpu()
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		res.cpu[name] += (cpu() - start) / float64(len(stream)) * 1e6
		return nil
	}
	in := cut(stream, mode)
	res.frames, res.rows = len(in), float64(len(stream))/float64(len(in))
	var encode func([]row) ([]byte, error)
	rc, cc, oc := newRowCodec(d), newColumnCodec(d, variant == "Az"), newOwnCodec(d)
	switch variant {
	case "A", "Az":
		encode = cc.encode
	case "B":
		encode = rc.encode
	case "C":
		encode = oc.encode
	default:
		return res, fmt.Errorf("no variant %q", variant)
	}
	var frames, got [][]byte
	var rowFrames [][]row
	var colFrames [][]batch
	isCol := variant == "A" || variant == "Az"
	err = stage("encode", func() error {
		for _, rows := range in {
			f, err := encode(rows)
			if err != nil {
				return err
			}
			res.busBytes += float64(len(f)) / float64(len(stream))
			frames = append(frames, f)
		}
		return nil
	})
	if err != nil {
		return res, err
	}
	err = stage("publish", func() error {
		for _, f := range frames {
			if err := b.publish(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return res, err
	}
	err = stage("consume", func() error {
		var err error
		got, err = b.consume(len(frames))
		return err
	})
	if err != nil {
		return res, err
	}
	err = stage("decode", func() error {
		for _, f := range got {
			switch variant {
			case "A", "Az":
				bs, err := cc.decode(f)
				if err != nil {
					return err
				}
				colFrames = append(colFrames, bs)
			case "B":
				rs, err := rc.decode(f)
				if err != nil {
					return err
				}
				rowFrames = append(rowFrames, rs)
			case "C":
				rs, err := oc.decode(f)
				if err != nil {
					return err
				}
				rowFrames = append(rowFrames, rs)
			}
		}
		return nil
	})
	if err != nil {
		return res, err
	}
	eight := paths(d, "time", "class_uid", "src_endpoint.ip", "dst_endpoint.ip", "dst_endpoint.port", "actor.user.name", "process.cmd_line", "process.file.path")
	five := paths(d, "device.hostname", "src_endpoint.ip", "process.file.path", "actor.process.file.path", "actor.user.name")
	_ = stage("access", func() error {
		for _, f := range rowFrames {
			res.sum += readRows(f, eight)
		}
		for _, f := range colFrames {
			res.sum += readColumns(f, eight)
		}
		return nil
	})
	distinct := 0
	_ = stage("distinct", func() error {
		for _, f := range rowFrames {
			distinct += distinctRows(f, five)
		}
		for _, f := range colFrames {
			distinct += distinctColumns(f, five)
		}
		return nil
	})
	err = stage("segment", func() error {
		var size int64
		var err error
		if isCol {
			res.files, size, err = columnSegments(cc, dir, colFrames)
		} else {
			res.files, size, err = rowSegments(d, dir, rowFrames)
		}
		res.segByte = float64(size) / float64(len(stream))
		if err != nil {
			return err
		}
		return b.ack(ctx)
	})
	return res, err
}

func paths(d *dictionary, names ...string) []uint16 {
	out := make([]uint16, len(names))
	for i, n := range names {
		id, ok := d.ids[n]
		if !ok {
			panic("no path " + n)
		}
		out[i] = id
	}
	return out
}

// touch makes the read real: the value must come out the same in every
// variant.
func touch(s string) uint64 {
	if s == "" {
		return 1
	}
	return uint64(len(s))*31 + uint64(s[0]) + uint64(s[len(s)-1])<<8
}

// readRows reads 8 fields of each event in the order of time.
func readRows(rows []row, paths []uint16) uint64 {
	type key struct {
		time int64
		i    int
	}
	order := make([]key, len(rows))
	for i := range rows {
		order[i] = key{rows[i].get(paths[0]).num, i}
	}
	slices.SortFunc(order, func(a, b key) int {
		if a.time < b.time {
			return -1
		}
		if a.time > b.time {
			return 1
		}
		return a.i - b.i
	})
	var sum uint64
	for _, k := range order {
		r := &rows[k.i]
		for _, p := range paths {
			if f := r.get(p); f != nil {
				if f.num != 0 {
					sum = sum*31 + uint64(f.num)
				} else {
					sum = sum*31 + touch(f.str)
				}
			}
		}
	}
	return sum
}

func readColumns(bs []batch, paths []uint16) uint64 {
	type key struct {
		time int64
		b, i int
	}
	var order []key
	for b := range bs {
		t := bs[b].col[paths[0]].(*array.Timestamp)
		for i := range t.Len() {
			order = append(order, key{int64(t.Value(i)), b, i})
		}
	}
	slices.SortFunc(order, func(a, b key) int {
		if a.time < b.time {
			return -1
		}
		if a.time > b.time {
			return 1
		}
		if a.b != b.b {
			return a.b - b.b
		}
		return a.i - b.i
	})
	cols := make([][]arrow.Array, len(bs))
	for b := range bs {
		for _, p := range paths {
			cols[b] = append(cols[b], bs[b].col[p])
		}
	}
	var sum uint64
	for _, k := range order {
		for _, col := range cols[k.b] {
			if col == nil || col.IsNull(k.i) {
				continue
			}
			switch col := col.(type) {
			case *array.String:
				sum = sum*31 + touch(col.Value(k.i))
			case *array.Int64:
				if v := col.Value(k.i); v != 0 {
					sum = sum*31 + uint64(v)
				} else {
					sum = sum*31 + 1
				}
			case *array.Timestamp:
				sum = sum*31 + uint64(col.Value(k.i))
			}
		}
	}
	return sum
}

// distinctRows builds, for each of the columns, the distinct values of a frame
// and the number of each row's value, as matching each value once needs it.
func distinctRows(rows []row, paths []uint16) int {
	n := 0
	ids := make([]int32, len(rows))
	for _, p := range paths {
		seen := map[string]int32{}
		for i := range rows {
			ids[i] = -1
			if f := rows[i].get(p); f != nil {
				id, ok := seen[f.str]
				if !ok {
					id = int32(len(seen))
					seen[f.str] = id
				}
				ids[i] = id
			}
		}
		n += len(seen)
	}
	return n
}

func distinctColumns(bs []batch, paths []uint16) int {
	n := 0
	for b := range bs {
		for _, p := range paths {
			col, ok := bs[b].col[p].(*array.String)
			if !ok {
				continue
			}
			ids := make([]int32, col.Len())
			seen := map[string]int32{}
			for i := range ids {
				ids[i] = -1
				if col.IsNull(i) {
					continue
				}
				v := col.Value(i)
				id, ok := seen[v]
				if !ok {
					id = int32(len(seen))
					seen[v] = id
				}
				ids[i] = id
			}
			n += len(seen)
		}
	}
	return n
}
