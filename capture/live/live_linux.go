package live

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/text"
)

// The ring is made of blocks. The kernel fills one after the other and hands
// over what it has after retire at the latest.
const (
	blockSize = 256 << 10
	frameSize = 2048 // has no meaning in TPACKET_V3 but must be told
	retire    = 50   // milliseconds
	// headroom is kept free before each packet, for a header of SLL2 and a tag.
	headroom = 32
)

// Offsets in struct tpacket_block_desc and struct tpacket3_hdr of
// linux/if_packet.h; struct sockaddr_ll stands behind the latter.
const (
	blockStatus = 8
	blockCount  = 12
	blockFirst  = 16

	hdrNext   = 0
	hdrSec    = 4
	hdrNsec   = 8
	hdrSnap   = 12
	hdrLen    = 16
	hdrStatus = 20
	hdrMAC    = 24
	hdrTCI    = 32
	hdrTPID   = 36
	hdrSize   = 48

	llProtocol = hdrSize + 2
	llIndex    = hdrSize + 4
	llType     = hdrSize + 8
	llPacket   = hdrSize + 10
	llAddrLen  = hdrSize + 11
	llAddr     = hdrSize + 12
	llEnd      = hdrSize + 20
)

const (
	sll2Header = 20
	tagSize    = 4
)

// A Reader returns packets of one interface, or of all. Next is used by one
// goroutine; the other methods are safe for concurrent use, apart from Close,
// which nothing may follow.
type Reader struct {
	cfg    Config
	name   string // "" for all
	cooked bool   // packets come without their link header and get one of SLL2
	link   capture.LinkType
	index  int

	ring   []byte
	blocks int
	block  int    // that is read
	held   bool   // it is ours
	left   uint32 // packets in it
	at     int    // where the next one lies
	number uint64

	packets atomic.Uint64
	up      atomic.Bool

	mu    sync.Mutex // guards fd and what is counted of it
	fd    int
	stats Stats
}

// Open begins to listen. The error is a *Denied where the program may not; it
// and others have a method Hint that says what a person can do. An interface
// that is down, or goes down or away later, is waited for.
func Open(cfg Config) (*Reader, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	r := &Reader{cfg: cfg, name: cfg.Interface, fd: -1, number: cfg.First - 1}
	switch r.name {
	case Any:
		r.name = ""
	case "":
		if r.name, err = defaultInterface(); err != nil {
			return nil, err
		}
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

var (
	noRoute = text.Message{
		EN: "There is no default route to tell which interface to listen on. Name it in sources.capture.interfaces; `ip link` lists them, any is all of them.",
		KO: "기본 경로가 없어 어느 인터페이스에서 들을지 알 수 없습니다. sources.capture.interfaces에 지정해 주세요. 목록은 `ip link`로 볼 수 있고, any는 전체를 뜻합니다.",
	}
	noInterface = text.Message{
		EN: "There is no interface {name}. `ip link` lists those that there are: {names}.",
		KO: "{name|이라는} 인터페이스가 없습니다. `ip link`로 목록을 볼 수 있습니다: {names}.",
	}
)

func defaultInterface() (string, error) {
	routes4, err4 := os.ReadFile("/proc/net/route")
	routes6, err6 := os.ReadFile("/proc/net/ipv6_route")
	if name := cmp.Or(defaultRoute4(string(routes4)), defaultRoute6(string(routes6))); name != "" {
		return name, nil
	}
	err := errors.Join(err4, err6)
	if err == nil {
		err = errors.New("no default route")
	}
	return "", &missing{err: fmt.Errorf("choose interface: %w", err), do: noRoute.Say(nil)}
}

func noSuchInterface(name string, err error) error {
	var names []string
	if all, err := net.Interfaces(); err == nil {
		for _, i := range all {
			names = append(names, i.Name)
		}
	}
	return &missing{err: fmt.Errorf("listen on %s: %w", name, err), do: noInterface.Say(text.Args{"name": name, "names": names})}
}

// Interface returns the name of what is listened on, Any for all.
func (r *Reader) Interface() string { return cmp.Or(r.name, Any) }

// open makes the socket and its ring anew.
func (r *Reader) open() (err error) {
	index := 0
	if r.name != "" {
		i, err := net.InterfaceByName(r.name)
		if err != nil {
			return noSuchInterface(r.name, err)
		}
		index = i.Index
	}
	kind, err := r.linkOf()
	if err != nil {
		return err
	}
	// Protocol 0 receives nothing until the socket is bound to its interface.
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return denied(err)
	}
	var ring []byte
	defer func() {
		if err != nil {
			if ring != nil {
				_ = unix.Munmap(ring)
			}
			_ = unix.Close(fd)
		}
	}()
	if ring, err = r.setup(fd); err != nil {
		return err
	}
	if err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL), Ifindex: index}); err != nil {
		return fmt.Errorf("listen on %s: bind: %w", r.Interface(), err)
	}
	if r.cfg.Promiscuous && index != 0 {
		m := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
		if err = unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
			return fmt.Errorf("listen on %s: promiscuous: %w", r.Interface(), err)
		}
	}
	if r.cfg.Fanout != 0 {
		how := int(r.cfg.Fanout) | (unix.PACKET_FANOUT_HASH|unix.PACKET_FANOUT_FLAG_DEFRAG)<<16
		if err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT, how); err != nil {
			return fmt.Errorf("listen on %s: share with fanout %d: %w", r.Interface(), r.cfg.Fanout, err)
		}
	}
	r.mu.Lock()
	r.fd = fd
	r.mu.Unlock()
	r.index, r.ring, r.blocks = index, ring, len(ring)/blockSize
	r.block, r.held, r.left = 0, false, 0
	r.up.Store(r.there() == present)
	return nil
}

// setup makes the ring of a socket.
func (r *Reader) setup(fd int) ([]byte, error) {
	set := func(what string, err error) error {
		return fmt.Errorf("listen on %s: %s: %w", r.Interface(), what, err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return nil, set("ring of version 3", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_RESERVE, headroom); err != nil {
		return nil, set("headroom", err)
	}
	if r.cfg.SnapLength > 0 {
		keep := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: uint32(r.cfg.SnapLength)}}
		prog := unix.SockFprog{Len: 1, Filter: &keep[0]}
		if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
			return nil, set("snap length", err)
		}
	}
	const unit = 1 << 20
	size := (r.cfg.Ring + unit - 1) / unit * unit
	req := unix.TpacketReq3{
		Block_size: blockSize, Block_nr: uint32(size / blockSize),
		Frame_size: frameSize, Frame_nr: uint32(size / frameSize),
		Retire_blk_tov: retire,
	}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return nil, set(fmt.Sprintf("ring of %d MiB", size>>20), err)
	}
	ring, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, set("map ring", err)
	}
	return ring, nil
}

// linkOf finds out what headers the interface's packets begin with. Those whose
// header nobody knows, and all together, come without and get one of SLL2.
func (r *Reader) linkOf() (socket int, err error) {
	r.cooked, r.link = true, capture.LinuxSLL2
	if r.name == "" {
		return unix.SOCK_DGRAM, nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("listen on %s: %w", r.name, err)
	}
	defer func() { _ = unix.Close(fd) }()
	ifr, err := unix.NewIfreq(r.name)
	if err != nil {
		return 0, noSuchInterface(r.name, err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, ifr); err != nil {
		return 0, noSuchInterface(r.name, err)
	}
	switch ifr.Uint16() {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		r.cooked, r.link = false, capture.Ethernet
	case unix.ARPHRD_IEEE80211:
		r.cooked, r.link = false, capture.IEEE80211
	case unix.ARPHRD_IEEE80211_RADIOTAP:
		r.cooked, r.link = false, capture.Radiotap
	}
	if r.cooked {
		return unix.SOCK_DGRAM, nil
	}
	return unix.SOCK_RAW, nil
}

func denied(err error) error {
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return fmt.Errorf("open packet socket: %w", err)
	}
	path, _ := os.Executable()
	return &Denied{Err: err, Path: path}
}

func bigEndian(v uint16) uint16 { return v<<8 | v>>8 }

// Next fills p with the next packet; its data is valid until the next call.
// Where none comes within a tick it returns capture.ErrIdle. Any other error means
// that the capture cannot go on.
func (r *Reader) Next(p *capture.Packet) error {
	for waited := false; ; {
		for r.left > 0 {
			ok, err := r.packet(p)
			if err != nil {
				return err
			}
			if ok {
				r.packets.Add(1)
				return nil
			}
		}
		r.release()
		if r.ring != nil && atomic.LoadUint32(r.status())&unix.TP_STATUS_USER != 0 {
			b := r.ring[r.block*blockSize : (r.block+1)*blockSize]
			r.left = binary.NativeEndian.Uint32(b[blockCount:])
			r.at = int(binary.NativeEndian.Uint32(b[blockFirst:]))
			r.held = true
			continue
		}
		if waited {
			return capture.ErrIdle
		}
		waited = true
		if err := r.wait(); err != nil {
			return err
		}
	}
}

// status is the word by which the kernel and the program hand a block to each
// other.
func (r *Reader) status() *uint32 {
	return (*uint32)(unsafe.Pointer(&r.ring[r.block*blockSize+blockStatus]))
}

// release gives the block that was read back to the kernel.
func (r *Reader) release() {
	if r.held {
		atomic.StoreUint32(r.status(), unix.TP_STATUS_KERNEL)
		r.held = false
		r.block = (r.block + 1) % r.blocks
	}
}

// packet takes the next packet of the block. Ok is false for one that is left
// out.
func (r *Reader) packet(p *capture.Packet) (ok bool, err error) {
	b := r.ring[r.block*blockSize : (r.block+1)*blockSize]
	if r.at < 0 || r.at+llEnd > len(b) {
		return false, fmt.Errorf("listen on %s: the ring is damaged: packet at %d", r.Interface(), r.at)
	}
	h := b[r.at:]
	mac, snap := int(binary.NativeEndian.Uint16(h[hdrMAC:])), int(binary.NativeEndian.Uint32(h[hdrSnap:]))
	if mac < llEnd || mac+snap > len(h) {
		return false, fmt.Errorf("listen on %s: the ring is damaged: %d bytes at %d", r.Interface(), snap, r.at+mac)
	}
	r.left--
	r.at += int(binary.NativeEndian.Uint32(h[hdrNext:]))
	if h[llPacket] == unix.PACKET_OUTGOING && binary.NativeEndian.Uint16(h[llType:]) == unix.ARPHRD_LOOPBACK {
		return false, nil // it comes in too
	}
	length := int(binary.NativeEndian.Uint32(h[hdrLen:]))
	start := r.dress(h, mac)
	end := mac + snap
	r.number++
	*p = capture.Packet{
		Number: r.number,
		Time:   time.Unix(int64(binary.NativeEndian.Uint32(h[hdrSec:])), int64(binary.NativeEndian.Uint32(h[hdrNsec:]))).UTC(),
		Data:   h[start:end:end],
		Length: max(length+mac-start, end-start),
		Link:   r.link, Interface: int(binary.NativeEndian.Uint32(h[llIndex:])),
	}
	return true, nil
}

// dress puts before a packet what the kernel took off, into the room that is
// kept for it, and returns where the packet begins now.
func (r *Reader) dress(h []byte, mac int) int {
	status := binary.NativeEndian.Uint32(h[hdrStatus:])
	tagged := status&unix.TP_STATUS_VLAN_VALID != 0
	tpid := uint16(unix.ETH_P_8021Q)
	if status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = binary.NativeEndian.Uint16(h[hdrTPID:])
	}
	tci := uint16(binary.NativeEndian.Uint32(h[hdrTCI:]))
	if !r.cooked {
		const addrs = 12
		if !tagged || r.link != capture.Ethernet || mac-tagSize < llEnd || mac+addrs > len(h) {
			return mac
		}
		start := mac - tagSize
		copy(h[start:], h[mac:mac+addrs])
		binary.BigEndian.PutUint16(h[start+addrs:], tpid)
		binary.BigEndian.PutUint16(h[start+addrs+2:], tci)
		return start
	}
	start := mac
	protocol := binary.BigEndian.Uint16(h[llProtocol:])
	if tagged {
		start -= tagSize
		binary.BigEndian.PutUint16(h[start:], tci)
		binary.BigEndian.PutUint16(h[start+2:], protocol)
		protocol = tpid
	}
	// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
	start -= sll2Header
	s := h[start:]
	binary.BigEndian.PutUint16(s[0:], protocol)
	binary.BigEndian.PutUint16(s[2:], 0)
	binary.BigEndian.PutUint32(s[4:], binary.NativeEndian.Uint32(h[llIndex:]))
	binary.BigEndian.PutUint16(s[8:], binary.NativeEndian.Uint16(h[llType:]))
	s[10], s[11] = h[llPacket], h[llAddrLen]
	copy(s[12:20], h[llAddr:llAddr+8])
	return start
}

// wait waits for a block, a tick at most, and for an interface that is away.
func (r *Reader) wait() error {
	if r.ring == nil {
		time.Sleep(r.cfg.Tick)
		return r.recover()
	}
	fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN | unix.POLLERR}}
	_, err := unix.Poll(fds, int(max(1, r.cfg.Tick.Milliseconds())))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("listen on %s: poll: %w", r.Interface(), err)
	}
	if fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
		code, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			return fmt.Errorf("listen on %s: %w", r.Interface(), err)
		case unix.Errno(code) == unix.ENETDOWN:
			if r.up.Swap(false) {
				r.mu.Lock()
				r.stats.Downs++
				r.mu.Unlock()
			}
		case code != 0:
			return fmt.Errorf("listen on %s: %w", r.Interface(), unix.Errno(code))
		}
	}
	if !r.up.Load() {
		return r.recover()
	}
	return nil
}

// presence is how an interface is found.
type presence uint8

const (
	gone    presence = iota
	down             // there, but switched off
	present          // the one that was opened, and on
	another          // another one of the same name
)

func (r *Reader) there() presence {
	if r.name == "" {
		return present
	}
	i, err := net.InterfaceByName(r.name)
	switch {
	case err != nil:
		return gone
	case i.Index != r.index:
		return another
	case i.Flags&net.FlagUp == 0:
		return down
	}
	return present
}

// recover goes on when the interface is back. One that was only down needs
// nothing: the kernel goes on by itself.
func (r *Reader) recover() error {
	switch r.there() {
	case gone:
		r.shut() // its number never comes back
	case present:
		if r.ring != nil {
			r.up.Store(true)
			return nil
		}
		return r.reopen()
	case another:
		r.shut()
		return r.reopen()
	case down:
		if r.ring == nil {
			return r.reopen()
		}
	}
	return nil
}

func (r *Reader) reopen() error {
	err := r.open()
	var away *missing
	if errors.As(err, &away) || errors.Is(err, unix.ENODEV) {
		return nil // gone again
	}
	return err
}

// shut lets go of the socket and its ring.
func (r *Reader) shut() {
	if r.ring == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collect()
	_ = unix.Munmap(r.ring)
	_ = unix.Close(r.fd)
	r.ring, r.fd, r.held, r.left = nil, -1, false, 0
}

// collect adds up what the kernel counts from one question to the next. The
// mutex is held.
func (r *Reader) collect() {
	if r.fd < 0 {
		return
	}
	if s, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		r.stats.Dropped += uint64(s.Drops)
		r.stats.Freezes += uint64(s.Freeze_q_cnt)
	}
}

// Stats returns the counts so far.
func (r *Reader) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collect()
	s := r.stats
	s.Packets, s.Up = r.packets.Load(), r.up.Load()
	return s
}

// Close ends the capture. Data of packets must not be used any more.
func (r *Reader) Close() error {
	r.shut()
	return nil
}
