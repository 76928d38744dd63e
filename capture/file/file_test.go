package file_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/google/go-cmp/cmp"
)

var when = time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.UTC)

// pcapFile writes two packets of 3 and 5 bytes, the second cut from 9.
func pcapFile(order binary.AppendByteOrder, magic uint32, link uint32, extra int) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint32(b, 65535)
	b = order.AppendUint32(b, link)
	frac := uint32(when.Nanosecond())
	if magic != 0xa1b23c4d {
		frac /= 1000
	}
	for i, data := range []string{"abc", "defgh"} {
		b = order.AppendUint32(b, uint32(when.Unix())+uint32(i))
		b = order.AppendUint32(b, frac)
		b = order.AppendUint32(b, uint32(len(data)))
		b = order.AppendUint32(b, uint32(len(data)+4*i))
		b = append(b, make([]byte, extra)...)
		b = append(b, data...)
	}
	return b
}

type block struct {
	kind uint32
	body []byte
}

func pcapngFile(order binary.AppendByteOrder, blocks ...block) (b []byte) {
	for _, bl := range blocks {
		body := append([]byte(nil), bl.body...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		b = order.AppendUint32(b, bl.kind)
		b = order.AppendUint32(b, uint32(12+len(body)))
		b = append(b, body...)
		b = order.AppendUint32(b, uint32(12+len(body)))
	}
	return b
}

func section(order binary.AppendByteOrder) block {
	b := order.AppendUint32(nil, 0x1a2b3c4d)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0)
	return block{0x0a0d0d0a, order.AppendUint64(b, 0xffffffffffffffff)}
}

func interfaceBlock(order binary.AppendByteOrder, link uint16, options ...byte) block {
	b := order.AppendUint16(nil, link)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, 4)
	return block{1, append(b, options...)}
}

func enhanced(order binary.AppendByteOrder, index uint32, ticks uint64, data string, length uint32) block {
	b := order.AppendUint32(nil, index)
	b = order.AppendUint32(b, uint32(ticks>>32))
	b = order.AppendUint32(b, uint32(ticks))
	b = order.AppendUint32(b, uint32(len(data)))
	b = order.AppendUint32(b, length)
	return block{6, append(b, data...)}
}

func simple(order binary.AppendByteOrder, data string, length uint32) block {
	return block{3, append(order.AppendUint32(nil, length), data...)}
}

func obsolete(order binary.AppendByteOrder, index uint16, ticks uint64, data string) block {
	b := order.AppendUint16(nil, index)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, uint32(ticks>>32))
	b = order.AppendUint32(b, uint32(ticks))
	b = order.AppendUint32(b, uint32(len(data)))
	b = order.AppendUint32(b, uint32(len(data)))
	return block{2, append(b, data...)}
}

// packets reads everything and writes it as lines.
func packets(t *testing.T, in io.Reader) (lines []string, err error) {
	t.Helper()
	r, err := file.NewReader(in)
	if err != nil {
		return nil, err
	}
	var p capture.Packet
	for {
		if err := r.Next(&p); err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%d %s %s/%d link %d if %d", p.Number, p.Time.Format("05.999999999"), p.Data, p.Length, p.Link, p.Interface))
	}
}

func TestRead(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	micros := uint64(when.UnixMicro())
	tests := []struct {
		name string
		data []byte
		want []string
	}{
		{"micro", pcapFile(le, 0xa1b2c3d4, 1, 0), []string{"1 00.123456 abc/3 link 1 if 0", "2 01.123456 defgh/9 link 1 if 0"}},
		{"micro, big endian", pcapFile(be, 0xa1b2c3d4, 101, 0), []string{"1 00.123456 abc/3 link 101 if 0", "2 01.123456 defgh/9 link 101 if 0"}},
		{"nano", pcapFile(le, 0xa1b23c4d, 1, 0), []string{"1 00.123456789 abc/3 link 1 if 0", "2 01.123456789 defgh/9 link 1 if 0"}},
		{"nano, big endian", pcapFile(be, 0xa1b23c4d, 1, 0), []string{"1 00.123456789 abc/3 link 1 if 0", "2 01.123456789 defgh/9 link 1 if 0"}},
		{"modified", pcapFile(le, 0xa1b2cd34, 1, 8), []string{"1 00.123456 abc/3 link 1 if 0", "2 01.123456 defgh/9 link 1 if 0"}},
		{"with a frame check sequence", pcapFile(le, 0xa1b2c3d4, 0x24000001, 0), []string{"1 00.123456 abc/3 link 1 if 0", "2 01.123456 defgh/9 link 1 if 0"}},
		{
			"pcapng", pcapngFile(
				le, section(le), interfaceBlock(le, 1), block{5, make([]byte, 20)}, enhanced(le, 0, micros, "abc", 3),
				interfaceBlock(le, 101, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0), enhanced(le, 1, micros*1000+789, "defgh", 9),
			),
			[]string{"1 00.123456 abc/3 link 1 if 0", "2 00.123456789 defgh/9 link 101 if 1"},
		},
		{
			"pcapng, two sections of different byte order",
			append(
				pcapngFile(be, section(be), interfaceBlock(be, 1), enhanced(be, 0, micros, "abc", 3)),
				pcapngFile(le, section(le), interfaceBlock(le, 113), obsolete(le, 0, micros, "defgh"), simple(le, "wxyz", 80))...,
			),
			[]string{"1 00.123456 abc/3 link 1 if 0", "2 00.123456 defgh/5 link 113 if 1", "3 00.123456 wxyz/80 link 113 if 1"},
		},
		{
			"pcapng, resolution of a power of two and an offset",
			pcapngFile(
				le, section(le), interfaceBlock(le, 1, 9, 0, 1, 0, 0x81, 0, 0, 0, 14, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0),
				enhanced(le, 0, uint64(when.Unix())*2+1, "abc", 3),
			),
			[]string{"1 05.5 abc/3 link 1 if 0"},
		},
		{"no packets", pcapFile(le, 0xa1b2c3d4, 1, 0)[:24], nil},
	}
	for _, tt := range tests {
		for _, in := range []io.Reader{bytes.NewReader(tt.data), iotest.OneByteReader(bytes.NewReader(tt.data))} {
			got, err := packets(t, in)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: error %v, want EOF", tt.name, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
		if !file.Sniff(tt.data[:min(len(tt.data), file.SniffSize)]) {
			t.Errorf("%s: not recognised", tt.name)
		}
	}
}

// TestCut reads up to the place where a file ends too early, and names it.
func TestCut(t *testing.T) {
	le := binary.LittleEndian
	for name, whole := range map[string][]byte{
		"pcap":   pcapFile(le, 0xa1b2c3d4, 1, 0),
		"pcapng": pcapngFile(le, section(le), interfaceBlock(le, 1), enhanced(le, 0, 1, "abc", 3), enhanced(le, 0, 2, "defgh", 5)),
	} {
		all, _ := packets(t, bytes.NewReader(whole))
		for n := range whole {
			got, err := packets(t, bytes.NewReader(whole[:n]))
			if err == nil || len(got) > len(all) || len(got) > 0 && cmp.Diff(all[:len(got)], got) != "" {
				t.Fatalf("%s cut at %d: %v, error %v", name, n, got, err)
			}
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut at %d: error %v says neither end nor cut", name, n, err)
			}
		}
	}
	whole := pcapFile(le, 0xa1b2c3d4, 1, 0)
	_, err := packets(t, bytes.NewReader(whole[:len(whole)-1]))
	if want := "read capture: data of packet 2 at byte 43: unexpected EOF"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestDamage names the packet and the byte of what cannot be right.
func TestDamage(t *testing.T) {
	le := binary.LittleEndian
	huge := pcapFile(le, 0xa1b2c3d4, 1, 0)
	le.PutUint32(huge[24+8:], 1<<30)
	stranger := pcapngFile(le, section(le), enhanced(le, 3, 1, "abc", 3))
	tests := []struct {
		name, want string
		data       []byte
	}{
		{"length", "packet 1 at byte 24: captured length 1073741824 is more than 1048576", huge},
		{"interface", "packet 1 at byte 28: interface 3 is not described", stranger},
		{"magic", "neither pcap nor pcapng", []byte("GET / HTTP/1.1\r\nHost: example.com\r\n")},
		{"empty", "unexpected EOF", nil},
	}
	for _, tt := range tests {
		_, err := packets(t, bytes.NewReader(tt.data))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestWriter writes what the reader reads.
func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w, err := file.NewWriter(&out, capture.RawIP, 65535)
	if err != nil {
		t.Fatal(err)
	}
	for i, data := range []string{"abc", "defgh"} {
		p := capture.Packet{Number: uint64(i + 1), Time: when.Add(time.Duration(i) * time.Second), Data: []byte(data), Length: 9, Link: capture.RawIP}
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := packets(t, &out)
	want := []string{"1 00.123456789 abc/9 link 101 if 0", "2 01.123456789 defgh/9 link 101 if 0"}
	if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	if err := w.Write(&capture.Packet{Number: 3, Link: capture.Ethernet}); err == nil {
		t.Error("a packet of another link type was written")
	}
}

// FuzzReader looks for panics, for hangs and for packets that are longer than
// they can be.
func FuzzReader(f *testing.F) {
	le, be := binary.LittleEndian, binary.BigEndian
	f.Add(pcapFile(le, 0xa1b2c3d4, 1, 0))
	f.Add(pcapFile(be, 0xa1b23c4d, 1, 0))
	f.Add(pcapFile(le, 0xa1b2cd34, 1, 8))
	f.Add(pcapngFile(le, section(le), interfaceBlock(le, 1, 9, 0, 1, 0, 0xbf, 0, 0, 0), enhanced(le, 0, 1<<63, "abc", 3), simple(le, "x", 3)))
	f.Add(pcapngFile(be, section(be), interfaceBlock(be, 1, 9, 0, 1, 0, 0x7f, 0, 0, 0), obsolete(be, 0, 5, "abc")))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := file.NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		var p capture.Packet
		for n := 0; ; n++ {
			if err := r.Next(&p); err != nil {
				if r.Offset() > int64(len(data)) {
					t.Errorf("offset %d in a file of %d bytes", r.Offset(), len(data))
				}
				return
			}
			if len(p.Data) > len(data) || p.Length < len(p.Data) || n > len(data) {
				t.Fatalf("packet %d: %d bytes of %d, from a file of %d", p.Number, len(p.Data), p.Length, len(data))
			}
		}
	})
}

// TestShared reads captures of the shared folder cut at random places.
func TestShared(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: no shared captures to cut")
	}
	random := rand.New(rand.NewPCG(1, 2))
	n := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), ".pcap") && !strings.HasSuffix(path, ".cap") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !file.Sniff(data[:min(len(data), file.SniffSize)]) {
			return err
		}
		n++
		if testing.Short() && n%4 != 0 {
			return nil
		}
		whole, end := packets(t, bytes.NewReader(data))
		if end == nil {
			t.Errorf("%s: no end", path)
		}
		for range 3 {
			cut := data[:random.IntN(len(data))]
			if got, _ := packets(t, bytes.NewReader(cut)); len(got) > len(whole) {
				t.Errorf("%s cut at %d: %d packets of %d", path, len(cut), len(got), len(whole))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures", n)
}

func BenchmarkNext(b *testing.B) {
	var out bytes.Buffer
	w, err := file.NewWriter(&out, capture.RawIP, 65535)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10000 {
		if err := w.Write(&capture.Packet{Number: uint64(i), Time: when, Data: make([]byte, 60+i%1400), Link: capture.RawIP}); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := file.NewReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		var p capture.Packet
		for r.Next(&p) == nil {
		}
	}
	b.ReportMetric(float64(b.N)*10000/b.Elapsed().Seconds()/1e6, "Mpackets/s")
}
