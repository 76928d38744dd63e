package scenario

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUploadsEqualAnalyze: the same recording gives the same findings and
// incidents, to the last word, whether analyze reads it or serve is handed it;
// also when the program is killed in the middle.
func TestUploadsEqualAnalyze(t *testing.T) {
	files := recordings(t)
	want := map[string][]string{}
	findings := 0
	for name, path := range files {
		got := bongsu(t, "analyze", "--format", "ndjson", path)
		if strings.Contains(got.stderr, "is no capture and no log") {
			delete(files, name)
			continue
		}
		for line := range strings.Lines(got.stdout) {
			want[name] = append(want[name], same(t, []byte(line), path))
			findings++
		}
		slices.Sort(want[name])
	}
	if len(files) < 50 && os.Getenv("BONGSU_TESTDATA") != "" && os.Getenv("BONGSU_SLOW") != "" {
		t.Errorf("only %d recordings are compared", len(files))
	}
	t.Logf("%d recordings, of which %d hold %d findings and incidents", len(files), len(want), findings)
	for name, deaths := range map[string]int{"undisturbed": 0, "killed": 3} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			s := serve(t, data)
			names := map[string]string{}
			for i, name := range sorted(files) {
				id, err := s.upload(name, read(t, files[name]))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				names[id] = name
				if deaths > 0 && i%(len(files)/deaths+1) == len(files)/deaths/2 {
					time.Sleep(50 * time.Millisecond) // into the reading of one
					s.kill()
					s = serve(t, data)
				}
			}
			for id, u := range s.uploaded() {
				if u.State == "failed" {
					t.Logf("%s (%s): %s", names[id], id, u.Error)
				}
			}
			got := map[string][]string{}
			take := func(raw json.RawMessage) {
				var where struct{ Unmapped struct{ Recording string } }
				if err := json.Unmarshal(raw, &where); err != nil {
					t.Fatal(err)
				}
				id, _, _ := strings.Cut(where.Unmapped.Recording, "/")
				name := names[id]
				got[name] = append(got[name], same(t, raw, id+"/"+name))
			}
			for _, raw := range list[json.RawMessage](s, "/api/v1/findings?lang=en") {
				take(raw)
			}
			for _, raw := range list[json.RawMessage](s, "/api/v1/incidents?lang=en") {
				var whole struct{ Incident json.RawMessage }
				s.get("/api/v1/incidents/"+uid(t, raw)+"?lang=en", &whole)
				take(whole.Incident)
			}
			for name := range got {
				slices.Sort(got[name])
			}
			for _, name := range sorted(files) {
				if diff := cmp.Diff(want[name], got[name]); diff != "" {
					t.Errorf("%s (-analyze +serve):\n%.3000s", name, diff)
				}
			}
		})
	}
}

// same is a finding or an incident without what only says where it was read.
func same(t *testing.T, raw []byte, recording string) string {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), recording, "…")), &o); err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// uid returns the id of a finding or an incident.
func uid(t *testing.T, raw []byte) string {
	t.Helper()
	var o struct {
		Finding struct{ UID string } `json:"finding_info"`
		Meta    struct{ UID string } `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	if o.Finding.UID != "" {
		return o.Finding.UID
	}
	return o.Meta.UID
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// recordings returns a fixed choice of captures and logs by name: of each
// folder of the public data the first few that are small. They are copied,
// since a log without years goes by the time of its file, which an upload does
// not keep.
func recordings(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	dir := t.TempDir()
	take := func(path string) {
		name := strings.NewReplacer("/", "_", " ", "_").Replace(filepath.Base(filepath.Dir(path)) + "_" + filepath.Base(path))
		copied := filepath.Join(dir, name)
		if err := os.WriteFile(copied, read(t, path), 0o600); err != nil {
			t.Fatal(err)
		}
		out[name] = copied
	}
	take(office)
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Log("BONGSU_TESTDATA is not set: only docs/sample is compared")
		return out
	}
	most := 120
	if os.Getenv("BONGSU_SLOW") == "" {
		most = 12
	}
	byFolder := map[string][]string{}
	for _, part := range []string{"net/pcap-attack", "net/hackeire", "net/ad-lateral", "net/dns-tunnel", "net/slips", "logs/auth-web-drill", "logs/web-attack", "logs/suricata-eve"} {
		folders(t, filepath.Join(root, part), byFolder) // where most is found
	}
	for _, folder := range sorted(byFolder) {
		for _, path := range byFolder[folder][:min(3, len(byFolder[folder]))] {
			if len(out) < most*2/3 {
				take(path)
			}
		}
	}
	clear(byFolder)
	for _, part := range []string{"net", "logs", "ics", "iot", "flows", "netflow"} {
		folders(t, filepath.Join(root, part), byFolder)
	}
	all := sorted(byFolder)
	// All folders have their turn, then their second files.
	for i := 0; i < 5 && len(out) < most; i++ {
		for at := i; at < len(all) && len(out) < most; at += max(1, 2*len(all)/most) {
			if list := byFolder[all[at]]; i < len(list) {
				take(list[i])
			}
		}
	}
	return out
}

// folders adds the small captures and logs below a folder, by their folder.
func folders(t *testing.T, root string, byFolder map[string][]string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		kinds := []string{".pcap", ".pcapng", ".cap", ".log", ".json", ".ndjson"}
		if info.Size() > 2<<10 && info.Size() < 4<<20 && slices.Contains(kinds, filepath.Ext(path)) {
			byFolder[filepath.Dir(path)] = append(byFolder[filepath.Dir(path)], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
