// Command mixer makes one large capture out of many small ones, for measuring:
// it repeats them with other addresses and later times until there are enough
// packets, and says what the mix is made of. The same input gives the same
// capture.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
)

func main() {
	data := flag.String("data", os.Getenv("BONGSU_TESTDATA"), "folder that is searched for captures")
	packets := flag.Int("packets", 2_000_000, "how many packets at least")
	out := flag.String("o", "mix.pcap", "capture to write")
	flag.Parse()
	if err := run(*data, *packets, *out); err != nil {
		fmt.Fprintln(os.Stderr, "mixer:", err)
		os.Exit(1)
	}
}

func run(data string, packets int, out string) (err error) {
	paths, err := find(data)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("no capture below %q", data)
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("write mix: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf := bufio.NewWriterSize(f, 1<<20)
	w, err := file.NewWriter(buf, capture.Ethernet, 1<<18)
	if err != nil {
		return fmt.Errorf("write mix: %w", err)
	}
	m := mix{out: w, clock: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	for round := 0; m.packets < packets; round++ {
		before := m.packets
		for _, path := range paths {
			if err := m.add(path, uint32(round)); err != nil {
				return err
			}
		}
		if m.packets == before {
			return fmt.Errorf("the captures below %q hold no Ethernet packets", data)
		}
	}
	fmt.Printf("%d packets, %d bytes, %d bytes a packet, %.0f%% payload of TCP and UDP\n",
		m.packets, m.bytes, m.bytes/int64(m.packets), 100*float64(m.payload)/float64(m.bytes))
	return buf.Flush()
}

func find(data string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(filepath.Ext(path), "cap") {
			paths = append(paths, path)
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}

type mix struct {
	out     *file.Writer
	clock   time.Time // where the next capture begins
	packets int
	bytes   int64
	payload int64
}

// add appends one capture, in its own rhythm but with gaps of at most a second,
// so that the mix is dense.
func (m *mix) add(path string, round uint32) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read capture: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := file.NewReader(f)
	if err != nil {
		return nil // not a capture, whatever its name says
	}
	var p capture.Packet
	var last time.Time
	for {
		err := r.Next(&p)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return nil // damaged from here on
		}
		if p.Link != capture.Ethernet || len(p.Data) < 14 {
			continue
		}
		if !last.IsZero() {
			m.clock = m.clock.Add(min(max(p.Time.Sub(last), 0), time.Second))
		}
		last = p.Time
		data := slices.Clone(p.Data)
		m.payload += int64(rewrite(data, round))
		q := p
		q.Data, q.Time = data, m.clock
		if err := m.out.Write(&q); err != nil {
			return fmt.Errorf("write mix: %w", err)
		}
		m.packets++
		m.bytes += int64(len(data))
	}
}

// rewrite moves the IPv4 and IPv6 addresses of a packet to another place for
// every round and keeps the checksums right. It returns the length of what TCP
// or UDP carry.
func rewrite(data []byte, round uint32) int {
	at, kind := 14, binary.BigEndian.Uint16(data[12:])
	for (kind == 0x8100 || kind == 0x88a8) && len(data) >= at+4 {
		kind = binary.BigEndian.Uint16(data[at+2:])
		at += 4
	}
	shift := uint16(round * 0x9e37)
	switch {
	case kind == 0x0800 && len(data) >= at+20:
		head := int(data[at]&15) * 4
		end := min(len(data), at+int(binary.BigEndian.Uint16(data[at+2:])))
		var change uint32
		for _, field := range []int{at + 14, at + 18} { // the low halves of both addresses
			change = move(data[field:], shift, change)
		}
		adjust(data[at+10:], change)
		if binary.BigEndian.Uint16(data[at+6:])&0x1fff != 0 {
			return 0
		}
		return transport(data[:max(end, at)], at+head, data[at+9], change)
	case kind == 0x86dd && len(data) >= at+40:
		var change uint32
		for _, field := range []int{at + 22, at + 38} {
			change = move(data[field:], shift, change)
		}
		return transport(data, at+40, data[at+6], change)
	}
	return 0
}

// move changes 16 bits and returns the running change of a checksum over them
// (RFC 1624).
func move(b []byte, shift uint16, change uint32) uint32 {
	old := binary.BigEndian.Uint16(b)
	fresh := old ^ shift
	binary.BigEndian.PutUint16(b, fresh)
	return change + uint32(^old) + uint32(fresh)
}

func adjust(sum []byte, change uint32) {
	v := uint32(^binary.BigEndian.Uint16(sum)) + change
	for v>>16 != 0 {
		v = v&0xffff + v>>16
	}
	binary.BigEndian.PutUint16(sum, ^uint16(v))
}

func transport(data []byte, at int, protocol byte, change uint32) int {
	switch {
	case protocol == 6 && len(data) >= at+20:
		adjust(data[at+16:], change)
		return max(len(data)-at-int(data[at+12]>>4)*4, 0)
	case protocol == 17 && len(data) >= at+8:
		if binary.BigEndian.Uint16(data[at+6:]) != 0 {
			adjust(data[at+6:], change)
		}
		return len(data) - at - 8
	}
	return 0
}
