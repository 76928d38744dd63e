package sqlite

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// log makes a write-ahead log of one transaction a frame.
func log(frames int) []byte {
	const page = 512
	sum := logSum{}
	var out []byte
	seal := func(b []byte) {
		sum.add(b)
		out = append(out, b...)
	}
	word := func(words ...uint32) (b []byte) {
		for _, w := range words {
			b = binary.BigEndian.AppendUint32(b, w)
		}
		return b
	}
	seal(word(logMagic, 3007000, page, 0, 17, 4))
	out = append(out, word(sum.s0, sum.s1)...)
	for n := range frames {
		content := bytes.Repeat([]byte{byte(n)}, page)
		head := word(uint32(n+1), uint32(n+1))
		sum.add(head)
		sum.add(content)
		out = append(out, head...)
		out = append(out, word(17, 4, sum.s0, sum.s1)...)
		out = append(out, content...)
	}
	return out
}

// Whatever the log holds, reading it ends, and a flipped bit is told. A plain
// test, since a fuzz test would build SQLite with instruments, for minutes.
func TestReadLog(t *testing.T) {
	const frame = logFrameHeader + 512
	if wrong, err := readLog(bytes.NewReader(log(3))); wrong != "" || err != nil {
		t.Fatalf("a sound log: %s, %v", wrong, err)
	}
	for at := range log(3) {
		whole := log(3)
		cut := whole[:at]
		if _, err := readLog(bytes.NewReader(cut)); err != nil {
			t.Errorf("cut at %d: %v", at, err)
		}
		whole[at] ^= 1
		wrong, err := readLog(bytes.NewReader(whole))
		if in := (at - logHeader) % frame; at >= logHeader && in >= 8 && in < 16 {
			continue // the salts, which mark what earlier rounds left
		}
		if wrong == "" || err != nil {
			t.Errorf("byte %d flipped: not seen, %v", at, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		whole := log(3)
		for range 1 + random.IntN(20) {
			whole[random.IntN(len(whole))] = byte(random.Uint32())
		}
		if _, err := readLog(bytes.NewReader(whole[:random.IntN(len(whole)+1)])); err != nil {
			t.Fatal(err)
		}
	}
}
