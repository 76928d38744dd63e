package nats

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// The server ends a block at the first record that is damaged: all good
// messages behind it are cut off, without an error. So the bus looks through
// the blocks before the server does. Damage is named and written over by the
// server's own kind of record for a message that was erased, and everything
// behind it stays. blocks_test.go would notice if a newer server wrote
// otherwise.
//
// A record: length (4 bytes, the highest bit says that there are headers),
// sequence number (8), time (8), length of the subject (2), subject, where the
// bit is set length of the headers (4) and headers, body, and a HighwayHash (8)
// over all from the sequence number to the body but for the lengths; all
// little-endian.
const (
	recordHead     = 22
	recordSum      = 8
	recordLeast    = recordHead + recordSum
	recordMost     = 32 << 20
	flagHeaders    = 1 << 31 // of the length
	flagErased     = 1 << 63 // of the sequence number: there is no message any more
	flagTombstone  = 1 << 62 // an earlier message is deleted
	sequenceBits   = flagTombstone - 1
	blockSuffix    = ".blk"
	stateFile      = "index.db" // the server makes it anew where it is missing
	maxBlockLength = 1 << 30
)

func (b *Bus) blockDir(stream string) string {
	return b.path("jetstream", "$G", "streams", stream, "msgs")
}

// checkBlocks looks through the blocks of every stream.
func (b *Bus) checkBlocks() error {
	names := make([]string, 0, len(b.topics))
	for name, t := range b.topics {
		if t.stream != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		c := checker{dir: b.blockDir(b.topics[name].stream), stream: b.topics[name].stream, name: "topic " + name, gaps: true}
		if err := c.run(); err != nil {
			return fmt.Errorf("check topic %s: %w", name, err)
		}
		b.damage = append(b.damage, c.damage...)
	}
	c := checker{dir: b.blockDir(deadStream), stream: deadStream, name: "dead letters"}
	if err := c.run(); err != nil {
		return fmt.Errorf("check dead letters: %w", err)
	}
	b.damage = append(b.damage, c.damage...)
	return nil
}

// checker looks through the blocks of one stream.
type checker struct {
	dir, stream, name string
	gaps              bool // nothing is ever deleted but from the front

	damage []string
	last   uint64 // newest message so far
}

func (c *checker) run() error {
	blocks, err := blockNumbers(c.dir)
	if err != nil {
		return err
	}
	changed := false
	for i, n := range blocks {
		did, err := c.block(n, i == len(blocks)-1)
		if err != nil {
			return fmt.Errorf("block %d: %w", n, err)
		}
		changed = changed || did
	}
	if !changed {
		return nil
	}
	return dropState(c.dir)
}

// dropState makes the server read the blocks instead of its notes on them.
func dropState(dir string) error {
	if err := os.Remove(filepath.Join(dir, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(dir)
}

func blockNumbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), blockSuffix)
		if n, err := strconv.Atoi(stem); ok && err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// blockFirsts returns the sequence numbers with which blocks begin, behind one
// and up to another, in order.
func blockFirsts(dir string, behind, upTo uint64) ([]uint64, error) {
	blocks, err := blockNumbers(dir)
	if err != nil {
		return nil, err
	}
	var firsts []uint64
	for _, n := range blocks {
		f, err := os.Open(blockPath(dir, n))
		if err != nil {
			continue // it went meanwhile
		}
		var head [recordHead]byte
		_, err = io.ReadFull(f, head[:])
		if err := errors.Join(err, f.Close()); err != nil {
			continue // nothing has been written to it yet
		}
		seq := binary.LittleEndian.Uint64(head[4:])
		if seq&flagTombstone == 0 && seq&sequenceBits > behind && seq&sequenceBits <= upTo {
			firsts = append(firsts, seq&sequenceBits)
		}
	}
	return firsts, nil
}

func blockPath(dir string, n int) string { return filepath.Join(dir, strconv.Itoa(n)+blockSuffix) }

// block looks through one block and writes over what is damaged.
func (c *checker) block(n int, newest bool) (changed bool, err error) {
	path := blockPath(c.dir, n)
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if info.Size() > maxBlockLength {
		c.damage = append(c.damage, fmt.Sprintf("%s: block %d has %d bytes, which is not looked through", c.name, n, info.Size()))
		return false, nil
	}
	buf, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	sum, err := blockSum(c.stream, n)
	if err != nil {
		return false, err
	}
	for at := 0; at < len(buf); {
		length, seq := readRecord(buf[at:], sum)
		if length == 0 {
			next := c.resume(buf, at, sum)
			if next == 0 {
				return c.end(path, buf, at, newest) || changed, nil
			}
			_, following := readRecord(buf[next:], sum)
			if err := c.bridge(path, buf, at, next, following&sequenceBits, sum); err != nil {
				return changed, err
			}
			changed = true
			continue // the new record is read like the others
		}
		if seq&flagTombstone == 0 {
			seq &= sequenceBits
			if c.gaps && c.last > 0 && seq > c.last+1 {
				c.damage = append(c.damage, fmt.Sprintf("%s: message %s is missing before block %d", c.name, span(c.last+1, seq-1), n))
			}
			c.last = max(c.last, seq)
		}
		at += length
	}
	return changed, nil
}

// end handles a block whose rest cannot be read. At the end of the newest block
// that is, as a rule, a message that was being written when the power went;
// what was acknowledged and is not there is found by its number.
func (c *checker) end(path string, buf []byte, at int, newest bool) bool {
	if !newest {
		c.damage = append(c.damage, fmt.Sprintf("%s: %s cannot be read from byte %d of %d on", c.name, path, at, len(buf)))
	}
	return true
}

// resume finds the next good record behind a damaged one; 0 is none.
func (c *checker) resume(buf []byte, at int, sum hash.Hash64) int {
	if len(buf)-at > recordHead { // the length may be right
		length := int(binary.LittleEndian.Uint32(buf[at:]) &^ flagHeaders)
		if next := at + length; length >= recordLeast && length <= recordMost && next < len(buf) && c.follows(buf[next:], sum) {
			return next
		}
	}
	mark := []byte(subject(c.stream))
	for from := at + recordLeast; from+recordHead < len(buf); {
		i := bytes.Index(buf[from+recordHead:], mark)
		if i < 0 {
			return 0
		}
		if c.follows(buf[from+i:], sum) {
			return from + i
		}
		from += i + 1
	}
	return 0
}

// follows reports whether a good record begins here that comes behind the last
// one.
func (c *checker) follows(buf []byte, sum hash.Hash64) bool {
	length, seq := readRecord(buf, sum)
	return length > 0 && (seq&flagTombstone != 0 || seq&sequenceBits > c.last)
}

// bridge writes a record without a message over a damaged part.
func (c *checker) bridge(path string, buf []byte, at, next int, following uint64, sum hash.Hash64) error {
	first, last := c.last+1, following-1
	if c.last == 0 || last < first { // the first record of all, or a tombstone behind
		last = binary.LittleEndian.Uint64(buf[at+4:]) & sequenceBits
		if last <= c.last || last >= following {
			last = max(c.last+1, following) - 1
		}
		first = last
	}
	if last > c.last {
		c.damage = append(c.damage, fmt.Sprintf("%s: message %s is damaged in %s at byte %d", c.name, span(first, last), path, at))
	}
	if next-at > recordMost {
		return fmt.Errorf("%s is damaged from byte %d to %d", path, at, next)
	}
	eraseRecord(buf[at:next], last, sum)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(buf[at:next], int64(at))
	return errors.Join(err, f.Sync(), f.Close())
}

// eraseRecord makes the whole of buf one record without a message. What lay
// there stays as its body, up to the checksum.
func eraseRecord(buf []byte, seq uint64, sum hash.Hash64) {
	le := binary.LittleEndian
	le.PutUint32(buf, uint32(len(buf)))
	le.PutUint64(buf[4:], seq|flagErased)
	le.PutUint16(buf[20:], 0)
	sum.Reset()
	_, _ = sum.Write(buf[4:20]) // hashes do not fail
	_, _ = sum.Write(buf[recordHead : len(buf)-recordSum])
	copy(buf[len(buf)-recordSum:], sum.Sum(nil))
}

// readRecord reads the record at the beginning of buf; length 0 stands for one
// that is damaged or not whole. The flags are left in the sequence number.
func readRecord(buf []byte, sum hash.Hash64) (length int, seq uint64) {
	if len(buf) < recordLeast {
		return 0, 0
	}
	le := binary.LittleEndian
	raw := le.Uint32(buf)
	n, subj := int(raw&^flagHeaders), int(le.Uint16(buf[20:]))
	lengths := subj
	if raw&flagHeaders != 0 {
		lengths += 4
	}
	if n > recordMost || n > len(buf) || n-recordHead-recordSum < lengths {
		return 0, 0
	}
	sum.Reset()
	_, _ = sum.Write(buf[4:20])
	_, _ = sum.Write(buf[recordHead : recordHead+subj])
	_, _ = sum.Write(buf[recordHead+lengths : n-recordSum])
	if !bytes.Equal(sum.Sum(nil), buf[n-recordSum:n]) {
		return 0, 0
	}
	return n, le.Uint64(buf[4:])
}

// blockSum makes the hash of a block's records.
func blockSum(stream string, n int) (hash.Hash64, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, n))
	return highwayhash.New64(key[:])
}

// skipTo uses up the sequence numbers of a stream up to the given one, by the
// record that the server itself writes for a number without a message. The
// server must not run.
func skipTo(dir, stream string, seq uint64, at int64) error {
	blocks, err := blockNumbers(dir)
	if err != nil {
		return err
	}
	n := 1
	if len(blocks) > 0 {
		n = blocks[len(blocks)-1]
	}
	sum, err := blockSum(stream, n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(blockPath(dir, n), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	record := make([]byte, recordLeast)
	binary.LittleEndian.PutUint64(record[12:], uint64(at))
	eraseRecord(record, seq, sum)
	_, err = f.Write(record)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return dropState(dir)
}
