package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	perFile = 3000
	perKind = 20000
)

type loader struct {
	dict    *dictionary
	mapping map[string]map[string]string // record kind → source key → "path:type"
}

func newLoader() *loader {
	l := &loader{dict: newDictionary(), mapping: mappings()}
	for _, spec := range common() {
		l.path(spec)
	}
	for _, k := range []string{"windows", "zeek", "eve"} {
		specs := make([]string, 0, len(l.mapping[k]))
		for _, spec := range l.mapping[k] {
			specs = append(specs, spec)
		}
		sort.Strings(specs)
		for _, spec := range specs {
			l.path(spec)
		}
	}
	return l
}

func (l *loader) path(spec string) uint16 {
	name, typ, _ := strings.Cut(spec, ":")
	k := map[string]kind{"": kindString, "i": kindInt, "f": kindFloat, "b": kindBool, "t": kindTime}[typ]
	return l.dict.add(name, k)
}

// load returns up to perKind records of each kind, in a repeatable order.
func (l *loader) load(root string) (map[string][]row, error) {
	out := map[string][]row{}
	files := map[string][]string{}
	for _, dir := range []string{"logs/mordor", "logs/zat-zeek", "logs/suricata-eve", "net/slips", "net/zeek/Baseline"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			base := filepath.Base(p)
			switch {
			case strings.HasSuffix(p, ".zip") && strings.Contains(p, "windows"):
				files["windows"] = append(files["windows"], p)
			case strings.HasSuffix(base, ".suricata.json.gz") || strings.HasSuffix(base, "alerts-only.json"):
				files["eve"] = append(files["eve"], p)
			case strings.HasSuffix(base, ".log") && zeekClass(strings.TrimSuffix(base, ".log")) != 0:
				files["zeek"] = append(files["zeek"], p)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("walk test data: %w", err)
		}
	}
	for _, k := range []string{"windows", "zeek", "eve"} {
		rng := rand.New(rand.NewSource(1))
		rng.Shuffle(len(files[k]), func(i, j int) { files[k][i], files[k][j] = files[k][j], files[k][i] })
		for _, p := range files[k] {
			if len(out[k]) >= perKind {
				break
			}
			rows, err := l.file(k, p)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(p), err)
			}
			out[k] = append(out[k], rows...)
		}
		if len(out[k]) == 0 {
			return nil, fmt.Errorf("no %s records under %s", k, root)
		}
	}
	return out, nil
}

func (l *loader) file(k, p string) ([]row, error) {
	if strings.HasSuffix(p, ".zip") {
		z, err := zip.OpenReader(p)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		var rows []row
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return rows, err
			}
			got, err := l.lines(k, p, r)
			r.Close()
			rows = append(rows, got...)
			if err != nil {
				return rows, err
			}
		}
		return rows, nil
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(p, ".gz") {
		return l.lines(k, p, f)
	}
	g, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return l.lines(k, p, g)
}

func (l *loader) lines(k, p string, r io.Reader) ([]row, error) {
	br := bufio.NewReaderSize(r, 1<<20)
	if first, _ := br.Peek(1); len(first) == 1 && first[0] == '[' {
		var items []json.RawMessage
		if err := json.NewDecoder(br).Decode(&items); err != nil {
			return nil, err
		}
		var rows []row
		for _, it := range items[:min(len(items), perFile)] {
			var buf bytes.Buffer
			if json.Compact(&buf, it) == nil {
				rows = l.object(rows, k, p, buf.String())
			}
		}
		return rows, nil
	}
	var rows []row
	var fields []string
	sc := bufio.NewScanner(br)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() && len(rows) < perFile {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "{"):
			rows = l.object(rows, k, p, line)
		case strings.HasPrefix(line, "#fields\t"):
			fields = strings.Split(line, "\t")[1:]
		case k == "zeek" && fields != nil && !strings.HasPrefix(line, "#"):
			cells := strings.Split(line, "\t")
			if len(cells) != len(fields) {
				continue
			}
			flat := map[string]any{}
			for i, c := range cells {
				if c != "-" && c != "(empty)" && c != "" {
					flat[fields[i]] = c
				}
			}
			rows = append(rows, l.row(k, p, line, flat))
		}
	}
	return rows, sc.Err()
}

func (l *loader) object(rows []row, k, p, line string) []row {
	var m map[string]any
	if json.Unmarshal([]byte(line), &m) != nil {
		return rows
	}
	flat := map[string]any{}
	flatten(flat, "", m)
	return append(rows, l.row(k, p, line, flat))
}

func flatten(out map[string]any, prefix string, m map[string]any) {
	for k, v := range m {
		if sub, ok := v.(map[string]any); ok {
			flatten(out, prefix+k+".", sub)
			continue
		}
		out[prefix+k] = v
	}
}

func (l *loader) row(k, p, line string, flat map[string]any) row {
	var r row
	name := strings.TrimSuffix(filepath.Base(p), ".log")
	switch k {
	case "windows":
		id, err := strconv.Atoi(strings.TrimSpace(fmt.Sprint(flat["EventID"])))
		if err != nil {
			id = 0
		}
		r.class = windowsClass(id)
	case "zeek":
		r.class = zeekClass(name)
	case "eve":
		r.class = eveClass(fmt.Sprint(flat["event_type"]))
	}
	keys := make([]string, 0, len(flat))
	for key := range flat {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		v := flat[key]
		if v == nil {
			continue
		}
		if spec, ok := l.mapping[k][key]; ok && r.set(l.dict, l.path(spec), v) {
			continue
		}
		lit, err := json.Marshal(v)
		if err == nil {
			r.unmapped = append(r.unmapped, entry{key, string(lit)})
		}
	}
	set := func(spec string, v any) { r.set(l.dict, l.path(spec), v) }
	set("class_uid:i", float64(r.class))
	set("category_uid:i", float64(r.class/1000))
	set("activity_id:i", 1.0)
	set("type_uid:i", float64(r.class*100+1))
	set("severity_id:i", 1.0)
	set("metadata.version", "1.5.0")
	set("metadata.product.name", k)
	set("metadata.tenant_uid", "org_main")
	set("metadata.segment", "seg_office")
	set("raw_data", line)
	return r
}

// stream repeats and interleaves the records of the kinds to n events, gives
// each its own time and id, and leaves the input alone.
func (l *loader) stream(kinds map[string][]row, names []string, n int) []row {
	rng := rand.New(rand.NewSource(7))
	next := map[string]int{}
	base := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixNano()
	out := make([]row, n)
	tp, ip := l.path("time:t"), l.path("metadata.uid")
	for i := range out {
		k := names[rng.Intn(len(names))]
		src := kinds[k]
		s := src[next[k]%len(src)]
		next[k]++
		r := row{class: s.class, unmapped: s.unmapped, fields: append(make([]field, 0, len(s.fields)+2), s.fields...)}
		r.put(field{path: tp, num: base + int64(i)*50_000_000 + rng.Int63n(40_000_000)})
		r.put(field{path: ip, str: fmt.Sprintf("evt_%016x%08x", rng.Uint64(), i)})
		out[i] = r
	}
	return out
}
