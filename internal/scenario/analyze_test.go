package scenario

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What happens in the sample is told in internal/sample.
func TestOffice(t *testing.T) {
	got := bongsu(t, "analyze", "--format", "ndjson", office)
	if got.code != 0 {
		t.Errorf("exit %d, want 0: %s", got.code, got.stderr)
	}
	list := objects(t, got.stdout)
	found := strings.Join(rules(list), " ")
	contains(t, "ndjson", found, "scan", "guess", "beacon", "cleartext")
	incidents := 0
	for i, o := range list {
		switch o.Class {
		case 2004:
			if incidents > 0 {
				t.Errorf("line %d: a finding behind an incident", i+1)
			}
		case 2005:
			incidents++
			if len(o.Members) < 4 {
				t.Errorf("the incident holds %d findings, want all that 192.168.10.23 did", len(o.Members))
			}
			if o.Severity < 4 {
				t.Errorf("severity %d of a machine that has been taken over", o.Severity)
			}
		default:
			t.Errorf("line %d: class %d", i+1, o.Class)
		}
		if o.Unmapped.Recording != office {
			t.Errorf("line %d: recording %q, want %q", i+1, o.Unmapped.Recording, office)
		}
	}
	if incidents != 1 {
		t.Errorf("%d incidents, want 1: it is one matter", incidents)
	}
	for _, o := range list {
		if o.Class == 2004 && !strings.HasPrefix(o.Finding.Title, "192.168.10.23 ") {
			t.Errorf("somebody is accused who only works: %s", o.Finding.Title)
		}
	}
}

func TestReports(t *testing.T) {
	english := bongsu(t, "analyze", office)
	contains(t, "text", english.stdout, "192.168.10.23", "203.0.113.50", "192.168.10.5")
	korean := bongsu(t, "analyze", "--lang", "ko", office)
	contains(t, "Korean text", korean.stdout, "192.168.10.23", "합니다")
	for _, lang := range []string{"en", "ko"} {
		path := filepath.Join(t.TempDir(), "report.html")
		got := bongsu(t, "analyze", "--format", "html", "--lang", lang, "--out", path, office)
		if got.code != 0 || got.stdout != "" {
			t.Errorf("exit %d, standard output %q: %s", got.code, got.stdout, got.stderr)
		}
		page := string(read(t, path))
		contains(t, "html", page, `lang="`+lang+`"`, "192.168.10.23")
		for _, outside := range []string{"http://", "https://", "<script"} {
			for _, attribute := range []string{`src="` + outside, `href="` + outside, outside + "cdn"} {
				if strings.Contains(page, attribute) {
					t.Errorf("the page asks for %s", attribute)
				}
			}
		}
	}
}

func TestSameInputSameOutput(t *testing.T) {
	args := []string{"analyze", "--format", "ndjson", "../../docs/sample", office}
	first := bongsu(t, args...)
	for _, jobs := range []string{"1", "2", "7"} {
		again := bongsu(t, append(args, "--jobs", jobs)...)
		if first.stdout != again.stdout {
			t.Errorf("--jobs %s prints something else:\n%s", jobs, cmp.Diff(first.stdout, again.stdout))
		}
	}
	if first.stdout == "" {
		t.Error("nothing was printed")
	}
}

func TestFailOn(t *testing.T) {
	if got := bongsu(t, "analyze", "-q", "--fail-on", "high", office); got.code != 3 {
		t.Errorf("exit %d, want 3", got.code)
	}
	if got := bongsu(t, "analyze", "-q", "--fail-on", "fatal", office); got.code != 0 {
		t.Errorf("exit %d, want 0", got.code)
	}
}

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		say  string
	}{
		"flag":     {[]string{"analyze", "--formt", "text", office}, `did you mean "--format"?`},
		"command":  {[]string{"analyse", office}, `did you mean "analyze"?`},
		"format":   {[]string{"analyze", "--format", "pdf", office}, "--format"},
		"severity": {[]string{"analyze", "--fail-on", "hgh", office}, `--fail-on "hgh" is not one of`},
		"time":     {[]string{"analyze", "--since", "yesterday", office}, `--since "yesterday" is not a time`},
		"order":    {[]string{"analyze", "--since", "2026-03-02", "--until", "2026-03-01", office}, "is not before"},
		"nothing":  {[]string{"analyze"}, "path"},
		"folder":   {[]string{"analyze", "--out", "/nonexistent/report.txt", office}, "no folder /nonexistent; make it"},
		"is one":   {[]string{"analyze", "--events", filepath.Dir(office), office}, "is a folder"},
		"input":    {[]string{"analyze", "--out", filepath.Dir(office) + "/./" + filepath.Base(office), office}, "would be overwritten"},
		"device":   {[]string{"analyze", "--events", os.DevNull, office}, "no ordinary file"},
		"twice":    {[]string{"analyze", "--out", "x.json", "--events", "./x.json", office}, "name two files"},
		"control":  {[]string{"analyze", "--rules", "/nonexistent\x1b[2J", office}, "/nonexistent\ufffd[2J"},
		"rules":    {[]string{"analyze", "--rules", "/nonexistent", office}, "/nonexistent"},
		"in place": {[]string{"analyze", "--out", office, filepath.Dir(office)}, "exists already"},
	} {
		t.Run(name, func(t *testing.T) {
			got := bongsu(t, c.args...)
			if got.code != 2 || got.stdout != "" {
				t.Errorf("exit %d, want 2; standard output %q", got.code, got.stdout)
			}
			contains(t, "standard error", got.stderr, c.say)
		})
	}
}

func TestUnreadable(t *testing.T) {
	whole := read(t, office)
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for range 1 << 10 { // 1 GiB of nothing in a few MB
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z = gzip.NewWriter(&packed)
	_, _ = z.Write(whole)
	_ = z.Close()

	for name, c := range map[string]struct {
		path string
		say  []string
		some bool // something was found all the same
	}{
		"missing":      {filepath.Join(t.TempDir(), "absent.pcap"), []string{"absent.pcap"}, false},
		"empty":        {write(t, "empty.pcap", nil), []string{"empty.pcap", "empty"}, false},
		"noise":        {write(t, "noise.pcap", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00")), []string{"noise.pcap"}, false},
		"cut":          {write(t, "cut.pcap", whole[:len(whole)*9/10]), []string{"cut.pcap"}, true},
		"cut gzip":     {write(t, "cut.gz", packed.Bytes()[:packed.Len()*9/10]), []string{"cut.gz"}, true},
		"bomb":         {write(t, "bomb.gz", bomb.Bytes()), []string{"bomb.gz"}, false},
		"damaged gzip": {write(t, "damaged.gz", append([]byte("\x1f\x8b\x08\x00"), whole[:100]...)), []string{"damaged.gz"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := bongsu(t, "analyze", "--format", "ndjson", c.path)
			if got.code != 1 {
				t.Errorf("exit %d, want 1: %s", got.code, got.stderr)
			}
			contains(t, "standard error", got.stderr, c.say...)
			if c.some != (got.stdout != "") {
				t.Errorf("printed %q", got.stdout)
			}
			also := bongsu(t, "analyze", "--format", "ndjson", c.path, office)
			if len(objects(t, also.stdout)) == 0 || also.code != 1 {
				t.Errorf("the readable rest was not analysed: exit %d, %s", also.code, also.stderr)
			}
		})
	}
}

func TestPacked(t *testing.T) {
	whole := read(t, office)
	want := rules(objects(t, bongsu(t, "analyze", "--format", "ndjson", office).stdout))
	var tarred bytes.Buffer
	tw := tar.NewWriter(&tarred)
	_ = tw.WriteHeader(&tar.Header{Name: "../../evil/office.bin", Mode: 0o600, Size: int64(len(whole)), Typeflag: tar.TypeReg})
	_, _ = tw.Write(whole)
	_ = tw.Close()
	var gz bytes.Buffer
	gw := gzip.NewWriter(&gz)
	_, _ = io.Copy(gw, &tarred)
	_ = gw.Close()
	var zipped bytes.Buffer
	zw := zip.NewWriter(&zipped)
	w, _ := zw.Create("inner.dat")
	_, _ = w.Write(gz.Bytes())
	_ = zw.Close()
	for name, content := range map[string][]byte{"office.tar.gz": gz.Bytes(), "office.zip": zipped.Bytes(), "no-ending": gz.Bytes()} {
		got := bongsu(t, "analyze", "--format", "ndjson", write(t, name, content))
		if diff := cmp.Diff(want, rules(objects(t, got.stdout))); diff != "" || got.code != 0 {
			t.Errorf("%s: exit %d (-want +got):\n%s%s", name, got.code, diff, got.stderr)
		}
	}
}

// Events that were written out give the same findings when they come back in.
func TestEventsComeBack(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "events.ndjson")
	first := bongsu(t, "analyze", "--format", "ndjson", "--events", out, office)
	again := bongsu(t, "analyze", "--format", "ndjson", out)
	if diff := cmp.Diff(rules(objects(t, first.stdout)), rules(objects(t, again.stdout))); diff != "" {
		t.Errorf("findings from events (-from packets +from events):\n%s%s", diff, again.stderr)
	}
	parquet := filepath.Join(dir, "events.parquet")
	got := bongsu(t, "analyze", "--no-detect", "--format", "ndjson", "--events", parquet, office)
	if got.code != 0 || got.stdout != "" {
		t.Errorf("exit %d, %q: %s", got.code, got.stdout, got.stderr)
	}
	if b := read(t, parquet); !bytes.HasPrefix(b, []byte("PAR1")) || !bytes.HasSuffix(b, []byte("PAR1")) {
		t.Error("not a Parquet file")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestSinceUntil(t *testing.T) {
	early := bongsu(t, "analyze", "--format", "ndjson", "--until", "2026-03-02T10:00", office)
	if early.stdout != "" || early.code != 0 {
		t.Errorf("before anything happened: exit %d, %s", early.code, early.stdout)
	}
	late := bongsu(t, "analyze", "--format", "ndjson", "--since", "2026-03-02T10:39", office)
	if len(rules(objects(t, late.stdout))) == 0 {
		t.Error("the scan is after 10:39 and was not found")
	}
}

// A record without a time has that of its file, which is not when it happened.
func TestUntimedRecordsTellNoTime(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"conn.log":           "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n1700000000.000000\tC1\t192.0.2.1\t40000\t192.0.2.2\t80\ttcp\n",
		"loaded_scripts.log": "#separator \\x09\n#path\tloaded_scripts\n#fields\tname\n#types\tstring\nsite/local.zeek\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := bongsu(t, "analyze", "--lang", "en", dir)
	contains(t, "report", got.stdout, "2 events", "They tell of 2023-11-14 22:13 (UTC).")
}

func TestRules(t *testing.T) {
	rule := write(t, "status.yml", []byte("title: Calls for a status\nid: r-1\nlevel: high\nlogsource: {category: webserver}\ndetection:\n  s:\n    cs-method: post\n    cs-uri-query|endswith: /status\n  condition: s\n"))
	got := bongsu(t, "analyze", "--format", "ndjson", "--rules", filepath.Dir(rule), office)
	if !slices.ContainsFunc(objects(t, got.stdout), func(o object) bool { return strings.Contains(o.Finding.Title, "Calls for a status") }) {
		t.Errorf("the rule found nothing: %s", got.stderr)
	}
	wrong := write(t, "wrong.yml", []byte("title: Wrong\nlogsource: {category: webserver}\ndetection:\n  s: {cs-method|contans: a}\n  condition: s\n"))
	got = bongsu(t, "analyze", "--format", "ndjson", "--rules", wrong, office)
	if got.code != 1 {
		t.Errorf("a rule that does not load: exit %d, want 1", got.code)
	}
	contains(t, "standard error", got.stderr, wrong+":4", `did you mean "contains"?`)
}

// A person who stops it half-way finds no half-written file.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "endless.log")
	line := []byte("Mar  2 09:00:00 gate sshd[1]: Failed password for root from 192.0.2.9 port 4000 ssh2\n")
	if err := os.WriteFile(fifo, bytes.Repeat(line, 1_500_000), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report.html")
	p := start(t, "analyze", "--format", "html", "--out", out, "--events", filepath.Join(dir, "events.ndjson"), fifo)
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	got := p.wait(t)
	if got.code != 1 && got.code != -1 {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestVersion(t *testing.T) {
	got := bongsu(t, "version")
	contains(t, "version", got.stdout, "bongsu ", "go1.")
}
