// Package scenario drives the real program as a person or a script would:
// arguments in; output, files and exit code out.
package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// build makes the program, once, and returns its path.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bongsu-scenario-*")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "bongsu")
	cmd := exec.Command("go", "build", "-o", binary, "github.com/bongsu/bongsu/cmd/bongsu")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bongsu: %w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	binary, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(filepath.Dir(binary))
	os.Exit(code)
}

// office is the capture that comes along.
const office = "../../docs/sample/office.pcap"

// outcome is what a run left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// bongsu runs the program with English messages.
func bongsu(t *testing.T, args ...string) outcome {
	t.Helper()
	return start(t, args...).wait(t)
}

type process struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(ctx, binary, args...)}
	p.cmd.Env = []string{"LANG=C", "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) wait(t *testing.T) outcome {
	t.Helper()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
}

// object is one line of ndjson, as far as the scenarios look into it.
type object struct {
	Class    int `json:"class_uid"`
	Severity int `json:"severity_id"`
	Finding  struct {
		Title    string `json:"title"`
		Analytic struct {
			Name string `json:"name"`
			UID  string `json:"uid"`
		} `json:"analytic"`
	} `json:"finding_info"`
	Members []struct {
		UID string `json:"uid"`
	} `json:"finding_info_list"`
	Unmapped struct {
		Recording string `json:"recording"`
	} `json:"unmapped"`
}

func objects(t *testing.T, ndjson string) []object {
	t.Helper()
	var out []object
	for line := range strings.Lines(ndjson) {
		var o object
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("not a JSON object: %v\n%.300s", err, line)
		}
		out = append(out, o)
	}
	return out
}

// rules returns the names of the rules that found something, each once.
func rules(list []object) []string {
	var out []string
	for _, o := range list {
		if o.Class == 2004 && !slices.Contains(out, o.Finding.Analytic.UID) {
			out = append(out, o.Finding.Analytic.UID)
		}
	}
	slices.Sort(out)
	return out
}

func contains(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%.2000s", what, w, text)
		}
	}
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
