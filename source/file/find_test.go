package file_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/file"
)

// recognise knows three made-up formats by their first word.
func recognise(head []byte) string {
	for _, name := range []string{"alpha", "beta", "zeek"} {
		if bytes.HasPrefix(head, []byte(name)) || bytes.HasPrefix(head, []byte(`{"`+name)) {
			return name
		}
	}
	return ""
}

func options(t testing.TB) file.Options {
	return file.Options{Recognise: recognise, Together: []string{"zeek"}, TempDir: t.TempDir()}
}

// capture is an empty-payload pcap whose first packet is at the given second.
func capture(second uint32, link byte) string {
	h := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, link, 0, 0, 0}
	h = append(h, byte(second), byte(second>>8), byte(second>>16), byte(second>>24))
	return string(append(h, make([]byte, 12)...))
}

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func zst(s string) string {
	var b bytes.Buffer
	w, _ := zstd.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func xzed(s string) string {
	var b bytes.Buffer
	w, _ := xz.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

type named struct{ name, data string }

func tarOf(files ...named) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		_ = w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o600, Typeflag: tar.TypeReg, ModTime: time.Unix(1e9, 0)})
		_, _ = w.Write([]byte(f.data))
	}
	_ = w.Close()
	return b.String()
}

func zipOf(files ...named) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, _ := w.Create(f.name)
		_, _ = m.Write([]byte(f.data))
	}
	_ = w.Close()
	return b.String()
}

func write(t testing.TB, dir string, files ...named) {
	t.Helper()
	for _, f := range files {
		p := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(f.data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func find(t testing.TB, dir string, o file.Options) *file.Found {
	t.Helper()
	f, err := file.Find(t.Context(), []string{dir}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
			t.Errorf("%s is left behind", left[0].Name())
		}
	})
	return f
}

func read(t testing.TB, p *file.Part) string {
	t.Helper()
	s, err := p.Open(t.Context())
	if err != nil {
		t.Error(err)
		return ""
	}
	b, err := io.ReadAll(s)
	if err != nil {
		t.Errorf("read %s: %v", p.Path, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return string(b)
}

// list writes what was found, one line a recording or problem, without the
// folder of the test.
func list(f *file.Found, dir string) []string {
	var out []string
	for _, r := range f.Recordings {
		line := fmt.Sprintf("%s:", strings.TrimPrefix(r.Name, dir+"/"))
		for _, p := range r.Parts {
			line += " " + strings.TrimPrefix(p.Path, dir+"/") + "=" + p.Format
		}
		out = append(out, line)
	}
	for _, p := range f.Problems {
		out = append(out, fmt.Sprintf("problem %d %s", p.Reason, strings.TrimPrefix(p.Path, dir+"/")))
	}
	return out
}

func TestFind(t *testing.T) {
	big := "alpha " + strings.Repeat("0123456789abcdef", 1<<17) // beyond what is kept in memory
	tests := []struct {
		name  string
		files []named
		want  []string
	}{
		{
			"by content, not by name",
			[]named{{"a.png", "alpha 1"}, {"b.log", "\x89PNG\r\n\x1a\nxx"}, {"c", capture(1, 1)}, {"d.pcap", "hello"}, {"e.log", ""}, {"f", "ElfFile\x00"}},
			[]string{
				"a.png: a.png=alpha", "c: c=pcap",
				"problem 3 b.log", "problem 3 d.pcap", "problem 2 e.log", "problem 3 f",
			},
		},
		{
			"packings",
			[]named{
				{"a.gz", gz("alpha")},
				{"b.zst", zst("alpha")},
				{"c.xz", xzed("alpha")},
				{"d.tgz", gz(tarOf(named{"x/y.log", "alpha"}, named{"../../z", gz("beta")}, named{"big", big}))},
				{"e.zip", zipOf(named{"in.gz", gz("beta")}, named{"t.tar", tarOf(named{"m", "alpha"})}, named{"readme", "words"})},
			},
			[]string{
				"a.gz: a.gz=alpha", "b.zst: b.zst=alpha", "c.xz: c.xz=alpha",
				"d.tgz/big: d.tgz/big=alpha", "d.tgz/x/y.log: d.tgz/x/y.log=alpha", "d.tgz/z: d.tgz/z=beta",
				"e.zip/in.gz: e.zip/in.gz=beta", "e.zip/t.tar/m: e.zip/t.tar/m=alpha", "problem 3 e.zip/readme",
			},
		},
		{
			"packed too often",
			[]named{{"four", gz(gz(gz(gz("alpha"))))}, {"five", gz(gz(gz(gz(gz("alpha")))))}},
			[]string{"four: four=alpha", "problem 5 five"},
		},
		{
			"zeek folders",
			[]named{{"one/conn.log", "zeek"}, {"one/dns.log.gz", gz("zeek")}, {"two/conn.log", "zeek"}, {"two/notes", "words"}, {"z.tar", tarOf(named{"three/a", "zeek"}, named{"three/b", "zeek"})}},
			[]string{
				"one/: one/conn.log=zeek one/dns.log.gz=zeek", "two/conn.log: two/conn.log=zeek",
				"z.tar/three/: z.tar/three/a=zeek z.tar/three/b=zeek", "problem 3 two/notes",
			},
		},
		{
			"rotated logs",
			[]named{
				{"auth.log", "alpha"},
				{"auth.log.1", "alpha"},
				{"auth.log.2.gz", gz("alpha")},
				{"auth.log.10.gz", gz("alpha")},
				{"auth.log.3", "beta"},
				{"eve-20260228.json", "beta"},
				{"eve-20260301.json", "beta"},
				{"eve.json", "beta"},
				{"case.1", "alpha"},
				{"case.2", "alpha"},
				{"445", "alpha"},
				{"1", "alpha"},
			},
			[]string{
				"1: 1=alpha", "445: 445=alpha", "auth.log: auth.log.10.gz=alpha auth.log.2.gz=alpha auth.log.1=alpha auth.log=alpha", "auth.log.3: auth.log.3=beta",
				"case.1: case.1=alpha", "case.2: case.2=alpha", "eve.json: eve-20260228.json=beta eve-20260301.json=beta eve.json=beta",
			},
		},
		{
			"rings of captures",
			[]named{
				{"r_00002_20260301093000.pcap", capture(30, 1)},
				{"r_00001_20260301092900.pcap", capture(20, 1)},
				{"t.pcap", capture(10, 1)},
				{"t.pcap1", capture(11, 1)},
				{"t.pcap2", capture(12, 1)},
				{"l.pcap0", capture(1, 1)},
				{"l.pcap1", capture(2, 101)},
				{"b.pcap0", capture(9, 1)},
				{"b.pcap1", capture(2, 1)},
				{"s1.pcap", capture(1, 1)},
				{"s2.pcap", capture(2, 1)},
			},
			[]string{
				"b.pcap0: b.pcap0=pcap", "b.pcap1: b.pcap1=pcap", "l.pcap0: l.pcap0=pcap", "l.pcap1: l.pcap1=pcap",
				"r_00002_20260301093000.pcap: r_00001_20260301092900.pcap=pcap r_00002_20260301093000.pcap=pcap", "s1.pcap: s1.pcap=pcap", "s2.pcap: s2.pcap=pcap",
				"t.pcap2: t.pcap=pcap t.pcap1=pcap t.pcap2=pcap",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.files...)
			f := find(t, dir, options(t))
			if diff := cmp.Diff(tt.want, list(f, dir)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			for _, r := range f.Recordings {
				for _, p := range r.Parts {
					first, again := read(t, p), read(t, p)
					if first != again || len(first) == 0 {
						t.Errorf("%s reads %d bytes, then %d", p.Path, len(first), len(again))
					}
					hash, err := p.Hash(t.Context())
					sum := sha256.Sum256([]byte(first))
					if want := hex.EncodeToString(sum[:]); hash != want || err != nil {
						t.Errorf("hash of %s is %s, %v; want %s", p.Path, hash, err, want)
					}
				}
			}
		})
	}
}

func TestFindOdd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, named{"sub/a", "alpha"})
	for link, to := range map[string]string{"sub/loop": "..", "again": "sub/a", "nowhere": "gone"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := file.Find(t.Context(), []string{dir, filepath.Join(dir, "sub"), filepath.Join(dir, "missing")}, options(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"again: again=alpha", "problem 4 missing", "problem 4 nowhere", "problem 1 pipe"}
	if diff := cmp.Diff(want, list(f, dir)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestCut(t *testing.T) {
	dir := t.TempDir()
	text := "alpha\n"
	for i := range 20_000 {
		text += fmt.Sprintln(i * 7919 % 104729)
	}
	packed := gz(text)
	write(t, dir, named{"cut.gz", packed[:len(packed)/2]}, named{"junk.gz", packed + "junk after the end"}, named{"cut.tar", tarOf(named{"a", text}, named{"b", text})[:len(text)+3000]})
	f := find(t, dir, options(t))
	if len(f.Recordings) != 4 {
		t.Fatalf("found %v", list(f, dir))
	}
	for _, r := range f.Recordings {
		p := r.Parts[0]
		if !strings.HasSuffix(p.Path, ".gz") {
			continue
		}
		var got int
		err := p.Records("").Run(t.Context(), func(_ context.Context, recs []source.Record) error { got += len(recs); return nil })
		if got < 5_000 || err == nil || !strings.Contains(err.Error(), p.Path) {
			t.Errorf("%s: %d records, error %v", p.Path, got, err)
		}
		if strings.HasSuffix(p.Path, "cut.gz") && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v does not say that the file is cut", p.Path, err)
		}
	}
	if len(f.Problems) != 2 {
		t.Errorf("the cut archive gives %v", f.Problems)
	}
}

func TestBombs(t *testing.T) {
	line := strings.Repeat("alpha alpha alpha alpha alpha\n", 1<<15)
	// Members of a gzip file follow each other, so one is packed and repeated.
	bomb := strings.Repeat(gz(line), (file.RatioFrom+64<<20)/len(line))
	dir := t.TempDir()
	var many []named
	for i := range 30 {
		many = append(many, named{fmt.Sprintf("m%02d", i), "alpha"})
	}
	write(t, dir, named{"bomb.gz", bomb}, named{"many.zip", zipOf(many...)}, named{"a.tar", tarOf(named{"w", line + line + line})}, named{"z.zip", zipOf(many...)})
	o := options(t)
	o.Limits = file.Limits{Members: 20, Spool: 1 << 20, Memory: 1 << 10}
	f := find(t, dir, o)
	if len(f.Recordings) != 20 || len(f.Problems) != 3 {
		t.Fatalf("found %v", list(f, dir))
	}
	for i, says := range []string{"1.0 MiB", "20 members", "20 members"} {
		if p := f.Problems[i]; p.Reason != file.Bounded || !strings.Contains(p.Err.Error(), says) || !strings.Contains(p.Err.Error(), p.Path) {
			t.Errorf("problem %d %s: %v", p.Reason, p.Path, p.Err)
		}
	}
	p := f.Recordings[0].Parts[0]
	s, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	n, err := io.Copy(io.Discard, s)
	if !errors.Is(err, file.ErrBound) || n > file.RatioFrom+1<<20 || !strings.Contains(err.Error(), p.Path) {
		t.Errorf("%d bytes, error %v", n, err)
	}
}

// holed turns the first member of a tar into one that GNU tar stores with holes.
func holed(archive string, realSize int64) string {
	b := []byte(archive)
	b[156] = 'S'
	copy(b[257:265], "ustar  \x00")
	clear(b[265:512])
	copy(b[483:495], fmt.Sprintf("%011o\x00", realSize))
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return string(b)
}

// What will not be analysed is not set aside, however large it claims to be.
func TestTarHoles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, named{"a.tar", tarOf(named{"image", "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 3<<20)}, named{"log", "alpha"})})
	write(t, dir, named{"b.tar", holed(tarOf(named{"empty", ""}), 1<<40)[:512] + tarOf(named{"log", "alpha"})})
	o := options(t)
	o.Limits = file.Limits{Spool: 1 << 20, Memory: 1 << 10}
	f := find(t, dir, o)
	want := []string{"a.tar/log: a.tar/log=alpha", "b.tar/log: b.tar/log=alpha", "problem 3 a.tar/image", "problem 4 b.tar/empty"}
	if diff := cmp.Diff(want, list(f, dir)); diff != "" {
		t.Errorf("found (-want +got), %v:\n%s", f.Problems, diff)
	}
}

// Parts of one archive may be read at the same time.
func TestParallel(t *testing.T) {
	var members []named
	for i := range 40 {
		members = append(members, named{fmt.Sprintf("m%02d", i), "alpha " + strings.Repeat(fmt.Sprint(i), 5000)})
	}
	dir := t.TempDir()
	write(t, dir, named{"a.zip", zipOf(members...)}, named{"b.tgz", gz(tarOf(members...))}, named{"c.gz", gz(zipOf(members...))})
	f := find(t, dir, options(t))
	if len(f.Recordings) != 3*len(members) {
		t.Fatalf("found %d recordings, %v", len(f.Recordings), f.Problems)
	}
	var wg sync.WaitGroup
	for i, r := range f.Recordings {
		wg.Go(func() {
			want := members[i%len(members)].data
			if got := read(t, r.Parts[0]); got != want {
				t.Errorf("%s reads %d bytes, want %d", r.Name, len(got), len(want))
			}
			if _, err := r.Parts[0].Hash(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := file.Find(ctx, []string{t.TempDir()}, options(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Whatever a file holds, finding and reading it ends, and does so within bounds.
func FuzzFind(f *testing.F) {
	for _, s := range []string{
		"alpha", capture(1, 1), gz("alpha"), zst("alpha"), xzed("alpha"), tarOf(named{"a", gz("alpha")}), zipOf(named{"a", "alpha"}), "BZh91AY&SY", "\xff\xfea\x00l\x00",
		"\n\r\r\n\x1c\x00\x00\x00M<+\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00", `[{"alpha":1},{"alpha":2}]`,
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		p := filepath.Join(dir, "x")
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := file.Find(t.Context(), []string{p}, file.Options{
			Recognise: recognise, TempDir: dir,
			Limits: file.Limits{Members: 100, Unpack: 1 << 20, Spool: 1 << 20},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found.Recordings {
			for _, part := range r.Parts {
				if part.Format != "pcap" && part.Format != "pcapng" {
					_ = part.Records("").Run(t.Context(), func(context.Context, []source.Record) error { return nil })
				}
			}
		}
		if len(found.Recordings)+len(found.Problems) == 0 {
			t.Error("a file is neither a recording nor a problem")
		}
		if err := found.Close(); err != nil {
			t.Error(err)
		}
	})
}
