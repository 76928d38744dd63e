package sqlite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The write-ahead log, https://www.sqlite.org/fileformat2.html#walformat. Bad
// frames end it silently for SQLite, and what comes after them is gone; here
// they are told.
const (
	logHeader      = 32
	logFrameHeader = 24
	logMagic       = 0x377f0682 // the lowest bit: checksums read big-endian words
	maxPageSize    = 65536
)

// examineLog reads a log that nobody has open and says what is wrong with it,
// "" if nothing is.
func examineLog(path string) (wrong string, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	return readLog(bufio.NewReaderSize(file, 1<<16))
}

func readLog(in io.Reader) (wrong string, err error) {
	var header [logHeader]byte
	if _, err := io.ReadFull(in, header[:]); errors.Is(err, io.EOF) {
		return "", nil // an empty log holds nothing
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		return "its header is cut off", nil
	} else if err != nil {
		return "", err
	}
	word := binary.BigEndian.Uint32
	magic, pageSize := word(header[0:]), word(header[8:])
	if magic&^1 != logMagic || pageSize < 512 || pageSize > maxPageSize || pageSize&(pageSize-1) != 0 {
		return "its header is damaged, nothing of it can be read", nil
	}
	sum := logSum{big: magic&1 == 1}
	sum.add(header[:24])
	if !sum.is(header[24:]) {
		return "its header is damaged, nothing of it can be read", nil
	}
	frame := make([]byte, logFrameHeader+int(pageSize))
	bad, behind, commits := 0, 0, 0
	for n := 1; ; n++ {
		got, err := io.ReadFull(in, frame)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", err
		}
		ours := got >= 16 && string(frame[8:16]) == string(header[16:24])
		if got == 0 || !ours { // an end, or what an earlier round of the log left
			break
		}
		whole := got == len(frame)
		if whole && bad == 0 {
			sum.add(frame[:8])
			sum.add(frame[logFrameHeader:])
			whole = sum.is(frame[16:])
		}
		switch {
		case bad > 0:
			behind++
		case !whole:
			bad = n
		}
		if bad > 0 && word(frame[4:]) != 0 { // the frame ends a transaction
			commits++
		}
		if got < len(frame) {
			break
		}
	}
	if bad == 0 {
		return "", nil
	}
	return fmt.Sprintf("frame %d is torn; it and %d frames behind it, with the ends of %d transactions, cannot be read", bad, behind, commits), nil
}

// A logSum is the running checksum of the log.
type logSum struct {
	big    bool
	s0, s1 uint32
}

func (s *logSum) add(b []byte) {
	order := binary.ByteOrder(binary.LittleEndian)
	if s.big {
		order = binary.BigEndian
	}
	for ; len(b) >= 8; b = b[8:] {
		s.s0 += order.Uint32(b) + s.s1
		s.s1 += order.Uint32(b[4:]) + s.s0
	}
}

func (s *logSum) is(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == s.s0 && binary.BigEndian.Uint32(stored[4:]) == s.s1
}
