package scenario

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// What happens on the wire is an incident moments later: a capture of an attack
// is sent into one end of a pair of interfaces, from a network of its own, and
// the server listens at the other.
func TestLiveCapture(t *testing.T) {
	slow(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a network namespace")
	}
	for _, tool := range []string{"ip", "tcpreplay"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%v: apt-get install -y iproute2 tcpreplay", err)
		}
	}
	id := os.Getpid() % 10000
	space, here, there := fmt.Sprintf("bongsu%d", id), fmt.Sprintf("bga%d", id), fmt.Sprintf("bgb%d", id)
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	run("ip", "netns", "add", space)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", space).Run() }) // and with it the pair
	run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", here).Run() })
	run("ip", "link", "set", here, "up")
	run("ip", "-n", space, "link", "set", there, "up")

	s := serveArgs(t, t.TempDir(), "--listen=127.0.0.1:0", "--set=sources.capture.interfaces=["+here+"]",
		"--set=sources.host.enabled=false", "--set=sources.syslog.udp=", "--set=sources.syslog.tcp=")
	eventually(t, "the capture runs", func() bool {
		for _, src := range s.status().Sources {
			if strings.HasPrefix(src.Name, "capture:") && src.State == "running" {
				return true
			}
		}
		return false
	})
	run("ip", "netns", "exec", space, "tcpreplay", "--quiet", "--pps=4000", "--intf1="+there, office)
	last := time.Now()
	// All that 192.168.10.23 did: it looked for machines and for open ports,
	// guessed a password, and got in.
	wanted := []string{"scan/", "guess/", "cleartext/"}
	var first, took time.Duration
	eventually(t, "the incident is there, with the scan, the guessing and the password", func() bool {
		var found []string
		incidents := list[any](s, "/api/v1/incidents?recording=live&entity_kind=ip&entity=192.168.10.23")
		for _, raw := range list[struct {
			Finding struct {
				Title    string
				Analytic struct{ UID string }
			} `json:"finding_info"`
		}](s, "/api/v1/findings") {
			found = append(found, raw.Finding.Analytic.UID+" "+raw.Finding.Title)
		}
		all := strings.Join(found, "\n")
		took = time.Since(last)
		if first == 0 && len(incidents) > 0 {
			first = took
		}
		if len(incidents) == 0 || !strings.Contains(all, "trying the ports of") {
			return false
		}
		for _, w := range wanted {
			if !strings.Contains(all, w) {
				return false
			}
		}
		return true
	})
	t.Logf("the incident is there %.2f s after the last packet, the scan of ports in it too after %.2f s", first.Seconds(), took.Seconds())
	if first > 2*time.Second {
		t.Errorf("the incident was there %s after the last packet, want 2 s", first)
	}
	// That nobody answers, or that nothing follows a refusal, shows only in
	// time; on a busy machine that is a little more.
	if took > 4*time.Second {
		t.Errorf("the scan of ports was there %s after the last packet, want 4 s", took)
	}
	if s.stop() != 0 {
		t.Error("it ended badly")
	}
}
