package live_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/capture/live"
	"github.com/bongsu/bongsu/text"
)

// network makes a namespace with two interfaces that are wired to each other,
// far and near, and moves the test into it.
func network(t testing.TB) (ns string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may make network namespaces")
	}
	for _, tool := range []string{"ip", "tcpreplay"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: install iproute2 and tcpreplay", tool)
		}
	}
	ns = fmt.Sprintf("live-test-%d-%d", os.Getpid(), time.Now().UnixNano()%1e6)
	if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
		t.Skipf("ip netns add: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	in(t, ns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
	wire(t, ns)

	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	f, err := os.Open("/var/run/netns/" + ns)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	return ns
}

func wire(t testing.TB, ns string) {
	in(t, ns, "ip link add far mtu 65000 type veth peer name near mtu 65000")
	in(t, ns, "ip link set far up")
	in(t, ns, "ip link set near up")
}

func in(t testing.TB, ns, command string) string {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", ns}, strings.Fields(command)...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

type packet struct {
	data   []byte
	length int
}

// write makes a capture file and returns its path.
func write(t *testing.T, packets []packet) string {
	t.Helper()
	var b bytes.Buffer
	head := make([]byte, 24)
	binary.LittleEndian.PutUint32(head, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(head[4:], 2)
	binary.LittleEndian.PutUint16(head[6:], 4)
	binary.LittleEndian.PutUint32(head[16:], 262144)
	binary.LittleEndian.PutUint32(head[20:], 1)
	b.Write(head)
	for i, p := range packets {
		rec := make([]byte, 16)
		binary.LittleEndian.PutUint32(rec, uint32(1_700_000_000+i))
		binary.LittleEndian.PutUint32(rec[8:], uint32(len(p.data)))
		binary.LittleEndian.PutUint32(rec[12:], uint32(len(p.data)))
		b.Write(rec)
		b.Write(p.data)
	}
	path := filepath.Join(t.TempDir(), "test.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) (packets []packet) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := file.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for r.Next(&p) == nil {
		packets = append(packets, packet{append([]byte(nil), p.Data...), p.Length})
	}
	return packets
}

func open(t testing.TB, cfg live.Config) *live.Reader {
	t.Helper()
	r, err := live.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// take reads n packets.
func take(t *testing.T, r *live.Reader, n int) (packets []packet, last capture.Packet) {
	t.Helper()
	late := time.Now().Add(20 * time.Second)
	for len(packets) < n {
		var p capture.Packet
		err := r.Next(&p)
		switch {
		case errors.Is(err, capture.ErrIdle):
			if time.Now().After(late) {
				t.Fatalf("%d of %d packets came; %+v", len(packets), n, r.Stats())
			}
			continue
		case err != nil:
			t.Fatal(err)
		}
		packets = append(packets, packet{append([]byte(nil), p.Data...), p.Length})
		last = p
	}
	return packets, last
}

func frame(kind uint16, payload string) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	b = binary.BigEndian.AppendUint16(b, kind)
	b = append(b, payload...)
	for len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

func compare(t *testing.T, want, got []packet) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if !bytes.Equal(want[i].data, got[i].data) || len(want[i].data) != got[i].length {
			t.Fatalf("packet %d has %d bytes of %d, want %d:\n% x\n% x", i+1, len(got[i].data), got[i].length, len(want[i].data), got[i].data, want[i].data)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d packets, want %d", len(got), len(want))
	}
}

func TestAllPacketsOfARecording(t *testing.T) {
	ns := network(t)
	path, err := filepath.Abs("../../docs/sample/office.pcap")
	if err != nil {
		t.Fatal(err)
	}
	want := read(t, path)
	r := open(t, live.Config{Interface: "near", Promiscuous: true})
	before := time.Now()
	in(t, ns, "tcpreplay -q -i far --mbps=200 "+path)
	got, last := take(t, r, len(want))
	compare(t, want, got)
	if last.Number != uint64(len(want)) || last.Link != capture.Ethernet || last.Time.Before(before) || last.Time.After(time.Now()) {
		t.Errorf("last packet: %+v", last)
	}
	s := r.Stats()
	if s.Dropped != 0 || s.Packets != uint64(len(want)) || !s.Up {
		t.Errorf("stats %+v", s)
	}
	t.Logf("%d packets, %+v", len(got), s)
}

func TestTagsComeBack(t *testing.T) {
	ns := network(t)
	tagged := frame(0x8100, "\x20\x64\x08\x00behind a tag of IEEE 802.1Q")
	double := frame(0x88a8, "\x00\x0a\x81\x00\x00\x14\x08\x00behind two tags")
	want := []packet{{data: tagged}, {data: frame(0x0800, "no tag")}, {data: double}}
	path := write(t, want)
	r := open(t, live.Config{Interface: "near", Promiscuous: true})
	in(t, ns, "tcpreplay -q -i far --pps=1000 "+path)
	got, _ := take(t, r, len(want))
	compare(t, want, got)
}

func TestAnyGivesAHeaderOfSLL2(t *testing.T) {
	ns := network(t)
	want := []packet{{data: frame(0x0800, "plain")}, {data: frame(0x8100, "\x20\x64\x08\x00tagged")}}
	path := write(t, want)
	r := open(t, live.Config{Interface: live.Any})
	in(t, ns, "tcpreplay -q -i far --pps=1000 "+path)
	got, last := take(t, r, 4) // each leaves far and reaches near
	if last.Link != capture.LinuxSLL2 {
		t.Errorf("link type %d", last.Link)
	}
	plain, tagged := 0, 0
	for _, p := range got {
		if len(p.data) < 20 || !bytes.Equal(p.data[12:18], []byte{2, 0, 0, 0, 0, 2}) {
			t.Fatalf("packet % x", p.data)
		}
		switch {
		case bytes.HasPrefix(p.data[20:], []byte("plain")) && binary.BigEndian.Uint16(p.data) == 0x0800:
			plain++
		case bytes.HasPrefix(p.data[20:], []byte("\x20\x64\x08\x00tagged")) && binary.BigEndian.Uint16(p.data) == 0x8100:
			tagged++
		default:
			t.Errorf("packet % x", p.data)
		}
	}
	if plain != 2 || tagged != 2 {
		t.Errorf("%d plain and %d tagged", plain, tagged)
	}
}

func TestSnapLength(t *testing.T) {
	ns := network(t)
	want := frame(0x0800, strings.Repeat("x", 1000))
	r := open(t, live.Config{Interface: "near", SnapLength: 96, Promiscuous: true})
	in(t, ns, "tcpreplay -q -i far "+write(t, []packet{{data: want}}))
	got, _ := take(t, r, 1)
	if !bytes.Equal(got[0].data, want[:96]) || got[0].length != len(want) {
		t.Errorf("%d bytes of %d", len(got[0].data), got[0].length)
	}
}

func TestIdle(t *testing.T) {
	network(t)
	r := open(t, live.Config{Interface: "near", Tick: 20 * time.Millisecond})
	began := time.Now()
	var p capture.Packet
	if err := r.Next(&p); !errors.Is(err, capture.ErrIdle) {
		t.Fatalf("error %v", err)
	}
	if d := time.Since(began); d < 15*time.Millisecond || d > 5*time.Second {
		t.Errorf("waited %s", d)
	}
}

func TestInterfaceGoesDownAndAway(t *testing.T) {
	ns := network(t)
	path := write(t, []packet{{data: frame(0x0800, "here")}})
	r := open(t, live.Config{Interface: "near", Tick: 10 * time.Millisecond, Promiscuous: true})
	state := func(up bool) {
		t.Helper()
		var p capture.Packet
		for late := time.Now().Add(10 * time.Second); r.Stats().Up != up; {
			if time.Now().After(late) {
				t.Fatalf("up is not %v: %+v", up, r.Stats())
			}
			if err := r.Next(&p); err != nil && !errors.Is(err, capture.ErrIdle) {
				t.Fatal(err)
			}
		}
	}
	send := func() {
		t.Helper()
		in(t, ns, "tcpreplay -q -i far "+path)
		if got, _ := take(t, r, 1); !bytes.Contains(got[0].data, []byte("here")) {
			t.Errorf("packet % x", got[0].data)
		}
	}
	send()
	in(t, ns, "ip link set near down")
	state(false)
	in(t, ns, "ip link set near up")
	state(true)
	send()
	in(t, ns, "ip link del near")
	state(false)
	wire(t, ns)
	state(true)
	send()
	if s := r.Stats(); s.Downs != 2 || s.Packets != 3 {
		t.Errorf("stats %+v", s)
	}
}

func TestFanout(t *testing.T) {
	ns := network(t)
	var want []packet
	for i := range 200 {
		ip := []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, byte(i), 198, 51, 100, 1, byte(i), 1, 0, 53, 0, 20, 0, 0}
		want = append(want, packet{data: frame(0x0800, string(ip))})
	}
	path := write(t, want)
	cfg := live.Config{Interface: "near", Promiscuous: true, Fanout: 4711, Tick: 100 * time.Millisecond}
	a, b := open(t, cfg), open(t, cfg)
	in(t, ns, "tcpreplay -q -i far --pps=5000 "+path)
	n := [2]int{}
	for i, r := range []*live.Reader{a, b} {
		var p capture.Packet
		for r.Next(&p) == nil {
			n[i]++
		}
	}
	if n[0]+n[1] != len(want) || n[0] == 0 || n[1] == 0 {
		t.Errorf("%d and %d packets of %d", n[0], n[1], len(want))
	}
}

// What the ring cannot hold is counted, and what it holds is all there.
func TestDropsAreCounted(t *testing.T) {
	ns := network(t)
	const n = 5000
	var want []packet
	for i := range n {
		want = append(want, packet{data: frame(0x0800, fmt.Sprintf("%08d%s", i, strings.Repeat("x", 1000)))})
	}
	path := write(t, want)
	r := open(t, live.Config{Interface: "near", Ring: 1 << 20, Promiscuous: true, Tick: 100 * time.Millisecond})
	in(t, ns, "tcpreplay -q --topspeed -i far "+path)
	got := 0
	var p capture.Packet
	for r.Next(&p) == nil {
		if !bytes.Contains(p.Data, fmt.Appendf(nil, "%08dx", got)) { // the ring fills, then all is dropped
			t.Fatalf("packet %d is % x", got, p.Data[:32])
		}
		got++
	}
	s := r.Stats()
	if got == 0 || s.Dropped == 0 || uint64(got)+s.Dropped != n || s.Packets != uint64(got) {
		t.Errorf("%d of %d came, %+v", got, n, s)
	}
	in(t, ns, "tcpreplay -q --pps=10000 --limit=100 -i far "+path)
	if again, _ := take(t, r, 100); len(again) != 100 || r.Stats().Dropped != s.Dropped {
		t.Errorf("after that: %d packets, %+v", len(again), r.Stats())
	}
}

func TestDeniedSaysWhatToDo(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("not root: the thread's capabilities are what they are")
	}
	runtime.LockOSThread() // and never unlocked: what it may is taken from this thread only
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&h, &none[0]); err != nil {
		t.Fatal(err)
	}
	_, err := live.Open(live.Config{Interface: "lo"})
	var denied *live.Denied
	if !errors.As(err, &denied) || !errors.Is(err, unix.EPERM) {
		t.Fatalf("error %v", err)
	}
	exe, _ := os.Executable()
	for _, said := range []string{denied.Hint().EN, denied.Hint().KO} {
		if !strings.Contains(said, "setcap cap_net_raw,cap_net_admin+ep "+exe) || !strings.Contains(said, "AmbientCapabilities") {
			t.Errorf("hint %s", said)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, cfg := range []live.Config{{Interface: "lo", Ring: -1}, {Interface: "lo", Ring: live.MaxRing + 1}, {Interface: "lo", SnapLength: -1}} {
		if _, err := live.Open(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

func TestUnknownInterfaceSaysWhatToDo(t *testing.T) {
	_, err := live.Open(live.Config{Interface: "nowhere0"})
	hint, ok := errors.AsType[interface {
		error
		Hint() text.Said
	}](err)
	if !ok || !strings.Contains(hint.Hint().EN, "ip link") || !strings.Contains(hint.Hint().KO, "nowhere0") {
		t.Fatalf("error %v", err)
	}
}

// BenchmarkCapture reads what tcpreplay sends as fast as it can; the sender
// shares the processors.
func BenchmarkCapture(b *testing.B) {
	ns := network(b)
	path, err := filepath.Abs("../../docs/sample/office.pcap")
	if err != nil {
		b.Fatal(err)
	}
	r := open(b, live.Config{Interface: "near", Promiscuous: true})
	loops := b.N/4904 + 1
	cmd := exec.Command("ip", "netns", "exec", ns, "tcpreplay", "-q", "--topspeed", fmt.Sprintf("--loop=%d", loops), "-i", "far", path)
	b.ResetTimer()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var p capture.Packet
	var usage, after unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &usage)
	for n, idle := 0, 0; n < loops*4904 && idle < 10; {
		switch err := r.Next(&p); {
		case errors.Is(err, capture.ErrIdle):
			idle++
		case err != nil:
			b.Fatal(err)
		default:
			n, idle = n+1, 0
		}
	}
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &after)
	b.StopTimer()
	_ = cmd.Wait()
	s := r.Stats()
	cpu := after.Utime.Nano() + after.Stime.Nano() - usage.Utime.Nano() - usage.Stime.Nano()
	b.ReportMetric(float64(s.Packets)/b.Elapsed().Seconds(), "packets/s")
	b.ReportMetric(float64(s.Dropped), "dropped")
	b.ReportMetric(float64(cpu)/float64(s.Packets), "cpu-ns/packet")
}
