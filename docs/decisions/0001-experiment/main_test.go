package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// The variants may be compared only if they carry the same values.
func TestVariantsCarryTheSame(t *testing.T) {
	d := newDictionary()
	tp, class := d.add("time", kindTime), d.add("class_uid", kindInt)
	ip, score, ok := d.add("src_endpoint.ip", kindString), d.add("score", kindFloat), d.add("is_ok", kindBool)
	var rows []row
	for i := range 2500 {
		r := row{class: int32(4001 + i%3)}
		r.put(field{path: tp, num: int64(1e18) + int64(i)})
		r.put(field{path: class, num: int64(r.class)})
		if i%2 == 0 {
			r.put(field{path: ip, str: fmt.Sprintf("192.0.2.%d", i%200)})
		}
		if i%5 == 0 {
			r.set(d, score, float64(i)/7)
			r.set(d, ok, i%2 == 0)
		}
		for j := range i % 4 {
			r.unmapped = append(r.unmapped, entry{fmt.Sprintf("key%d", j), fmt.Sprintf("%q", fmt.Sprint(i))})
		}
		rows = append(rows, r)
	}
	b, c := newRowCodec(d), newOwnCodec(d)
	paths := []uint16{tp, class, ip}
	dir := t.TempDir()
	var rowFrames [][]row
	for _, part := range cut(rows, "rows") {
		for name, codec := range map[string]interface {
			encode([]row) ([]byte, error)
			decode([]byte) ([]row, error)
		}{"B": b, "C": c} {
			frame, err := codec.encode(part)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if !reflect.DeepEqual(got[i].fields, part[i].fields) || got[i].class != part[i].class ||
					len(got[i].unmapped) != len(part[i].unmapped) || len(part[i].unmapped) > 0 && !reflect.DeepEqual(got[i].unmapped, part[i].unmapped) {
					t.Fatalf("%s row %d: got %v want %v", name, i, got[i], part[i])
				}
			}
			if name == "B" {
				rowFrames = append(rowFrames, got)
			}
		}
	}
	if _, _, err := rowSegments(d, dir, rowFrames); err != nil {
		t.Fatal(err)
	}
	for _, outer := range []bool{false, true} {
		a := newColumnCodec(d, outer)
		var colFrames [][]batch
		for _, part := range cut(rows, "rows") {
			frame, err := a.encode(part)
			if err != nil {
				t.Fatal(err)
			}
			bs, err := a.decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := readColumns(bs, paths), readRows(part, paths); got != want {
				t.Fatalf("columns read %d, rows %d", got, want)
			}
			colFrames = append(colFrames, bs)
		}
		if _, _, err := columnSegments(a, dir, colFrames); err != nil {
			t.Fatal(err)
		}
		for class := 4001; class <= 4003; class++ {
			x, y := readSegment(t, filepath.Join(dir, fmt.Sprintf("a-%d.parquet", class))), readSegment(t, filepath.Join(dir, fmt.Sprintf("b-%d.parquet", class)))
			if len(x) == 0 || len(x) != len(y) {
				t.Fatalf("class %d: segments have %d and %d rows", class, len(x), len(y))
			}
			for i := range x {
				if x[i] != y[i] {
					t.Fatalf("class %d row %d:\n%s\n%s", class, i, x[i], y[i])
				}
			}
		}
	}
}

func readSegment(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := parquet.NewReader(f)
	defer r.Close()
	var out []string
	for range r.NumRows() {
		m := map[string]any{}
		if err := r.Read(&m); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(m) // looks through the pointers of optional values
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(line))
	}
	return out
}
