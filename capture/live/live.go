// Package live reads packets from network interfaces: on Linux through
// AF_PACKET with a ring in memory (TPACKET_V3), elsewhere not at all.
//
// It needs no library and no cgo. It does not look into packets, apart from
// putting back the VLAN tag that the kernel takes out.
package live

import (
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/text"
)

// Any stands for all interfaces.
const Any = "any"

// DefaultRing is the memory for packets that wait.
const DefaultRing = 8 << 20

// MaxRing bounds it: the kernel keeps it in memory that is never swapped.
const MaxRing = 1 << 30

// DefaultTick is how long Next waits for a packet.
const DefaultTick = 200 * time.Millisecond

// Config says what to listen on. The zero value is the interface of the
// default route.
type Config struct {
	Interface   string        // name, Any, or "" for the interface of the default route
	Promiscuous bool          // also what is addressed to others, as behind a mirror port
	Ring        int           // bytes, rounded up to whole MiB; 0 means DefaultRing
	SnapLength  int           // bytes of a packet that are kept; 0 means all
	Fanout      uint16        // captures with the same number share the packets flow by flow; 0: none
	Tick        time.Duration // 0 means DefaultTick
	First       uint64        // number of the first packet; 0 means 1
}

// ErrUnsupported says that this system offers no way to see packets.
var ErrUnsupported = errors.New("live capture is not supported on this system, only on Linux")

// Stats counts what a capture has seen since it was opened.
type Stats struct {
	Packets uint64 // returned by Next
	Dropped uint64 // by the kernel, because the ring was full
	Freezes uint64 // how often the ring was full
	Downs   uint64 // how often the interface went down or away
	Up      bool   // the interface is there
}

// Denied says that the program may not capture, and what to do.
type Denied struct {
	Err  error
	Path string // of the program, "" where it is not known
}

func (d *Denied) Error() string {
	return fmt.Sprintf("open packet socket: %v: the program has no CAP_NET_RAW", d.Err)
}

// Unwrap returns what the kernel said.
func (d *Denied) Unwrap() error { return d.Err }

// Hint returns what a person can do.
func (d *Denied) Hint() text.Said {
	path := d.Path
	if path == "" {
		path = "/usr/bin/bongsu"
	}
	return allow.Say(text.Args{"path": path})
}

var allow = text.Message{
	EN: "Allow the program to see packets, then start it again: `sudo setcap cap_net_raw,cap_net_admin+ep {path}`. Under systemd, put AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN into the unit. Or run it as root.",
	KO: "프로그램이 패킷을 볼 수 있게 허용하고 다시 시작해 주세요: `sudo setcap cap_net_raw,cap_net_admin+ep {path}`. systemd에서는 유닛에 AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN을 넣어 주세요. 또는 root로 실행해 주세요.",
}

// missing is an error that a person can heal.
type missing struct {
	err error
	do  text.Said
}

func (m *missing) Error() string   { return m.err.Error() }
func (m *missing) Unwrap() error   { return m.err }
func (m *missing) Hint() text.Said { return m.do }

func (c Config) check() (Config, error) {
	if c.Ring == 0 {
		c.Ring = DefaultRing
	}
	if c.Ring < 0 || c.Ring > MaxRing {
		return c, fmt.Errorf("ring of %d bytes is not between 1 and %d", c.Ring, MaxRing)
	}
	if c.SnapLength < 0 {
		return c, fmt.Errorf("snap length %d is below 0", c.SnapLength)
	}
	if c.Tick <= 0 {
		c.Tick = DefaultTick
	}
	if c.First == 0 {
		c.First = 1
	}
	return c, nil
}
