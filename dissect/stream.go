package dissect

import "slices"

// Bounds of putting streams together. The first two are where a stream counts
// as lost, because the other side is not seen; the others bound memory.
const (
	maxAboveHole   = 16 << 10 // bytes above a hole while nothing was acknowledged
	maxUnacked     = 10 << 20 // bytes that nobody acknowledges
	maxHeld        = 1 << 20  // bytes of one side that are kept out of order
	maxHeldInTotal = 64 << 20 // of all flows
	maxBlocks      = 4096     // pieces of one side that are out of order
)

// stream is the order of the bytes of one side. Numbers are relative: 1 is the
// first byte of payload.
type stream struct {
	next    uint64 // what has been delivered or given up
	trimmed uint64 // what was acknowledged
	top     uint64 // the highest byte that came and is not acknowledged; 0: none
	lost    bool   // nothing more is delivered
	ended   bool
	blocks  []block // beyond next, by number, without overlap
	held    int     // bytes of them that are kept
}

// block is bytes that came before their turn. Data is nil when nobody wants
// them or too much is kept already.
type block struct {
	from, to uint64
	data     []byte
}

// reorder bounds what all streams together keep.
type reorder struct{ held int }

func (st *stream) begin() { st.next, st.trimmed = 1, 1 }

// waiting reports whether anything came that was not acknowledged.
func (st *stream) waiting() bool { return st.top > st.trimmed }

// pendingData reports whether a side has sent what is not delivered yet.
func (f *flow) pendingData(side Side) bool {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if n.lost {
		return false
	}
	delivered, last := uint64(n.start)+n.next, full(n.last, n.lastWraps)
	if last < delivered {
		return false
	}
	if delivered != last-1 && delivered != last {
		return true
	}
	return n.state != reset && peer.waiting()
}

// arrive takes the payload of a segment.
func (e *Engine) arrive(f *flow, side Side, from uint64, data []byte) {
	n := &f.ends[side]
	if n.lost {
		return
	}
	to := from + uint64(len(data))
	if to < from {
		return
	}
	seen := max(full(n.ack, n.ackWraps)-uint64(n.start), n.trimmed)
	if full(n.ack, n.ackWraps) < uint64(n.start) {
		seen = n.trimmed
	}
	if to <= seen {
		return
	}
	if from < seen {
		data = data[seen-from:]
		from = seen
	}
	n.top = max(n.top, to)
	if from > n.next {
		e.keep(f, side, from, data)
	} else if to > n.next {
		e.deliver(f, side, from, data)
	}
	var above uint64
	if n.top > n.next {
		above = n.top - n.next
	}
	if n.nothingAcked() && above > maxAboveHole ||
		n.next-min(n.trimmed, n.next)+uint64(n.held) > maxUnacked || len(n.blocks) > maxBlocks {
		e.forgetBlocks(n)
		n.top = 0
		n.lost = true
		e.lost(f, side, above+1)
	}
}

// deliver hands over bytes whose turn has come, then those that waited for
// them. What came first wins.
func (e *Engine) deliver(f *flow, side Side, from uint64, data []byte) {
	n := &f.ends[side]
	data = data[n.next-from:]
	for len(data) > 0 {
		size := uint64(len(data))
		if len(n.blocks) > 0 {
			size = min(size, n.blocks[0].from-n.next)
		}
		n.next += size
		e.give(f, side, data[:size])
		data = data[size:]
		taken := e.drain(f, side)
		if taken >= uint64(len(data)) {
			break
		}
		data = data[taken:]
	}
	e.drain(f, side)
	if n.nothingAcked() && f.size(side) > maxAboveHole {
		n.trimmed = max(n.trimmed, n.next)
	}
}

// drain hands over the blocks that follow at once. It returns their length.
func (e *Engine) drain(f *flow, side Side) (taken uint64) {
	n := &f.ends[side]
	for len(n.blocks) > 0 && n.blocks[0].from == n.next {
		b := n.blocks[0]
		n.blocks = slices.Delete(n.blocks, 0, 1)
		n.held -= len(b.data)
		e.held -= len(b.data)
		n.next = b.to
		taken += b.to - b.from
		if b.data != nil {
			e.give(f, side, b.data)
		} else {
			e.lost(f, side, b.to-b.from)
		}
	}
	return taken
}

// keep stores bytes beyond a hole, as far as nothing is there yet.
func (e *Engine) keep(f *flow, side Side, from uint64, data []byte) {
	n := &f.ends[side]
	i, _ := slices.BinarySearchFunc(n.blocks, from, func(b block, v uint64) int {
		switch {
		case b.from < v:
			return -1
		case b.from > v:
			return 1
		}
		return 0
	})
	if i > 0 && n.blocks[i-1].to > from {
		cut := min(n.blocks[i-1].to-from, uint64(len(data)))
		from, data = from+cut, data[cut:]
	}
	for len(data) > 0 {
		size := uint64(len(data))
		if i < len(n.blocks) {
			if n.blocks[i].from <= from {
				cut := min(n.blocks[i].to-from, size)
				from, data = from+cut, data[cut:]
				i++
				continue
			}
			size = min(size, n.blocks[i].from-from)
		}
		n.blocks = slices.Insert(n.blocks, i, e.block(f, n, from, data[:size]))
		from, data = from+size, data[size:]
		i++
	}
}

// block copies bytes where somebody wants them and there is room.
func (e *Engine) block(f *flow, n *endpoint, from uint64, data []byte) block {
	b := block{from: from, to: from + uint64(len(data))}
	if f.mute {
		return b
	}
	if n.held+len(data) > maxHeld || e.held+len(data) > maxHeldInTotal {
		e.stats.Dropped += uint64(len(data))
		return b
	}
	b.data = slices.Clone(data)
	n.held += len(data)
	e.held += len(data)
	return b
}

// forgetBlocks drops what waits on one side.
func (e *Engine) forgetBlocks(n *endpoint) {
	e.held -= n.held
	n.held = 0
	clear(n.blocks)
	n.blocks = n.blocks[:0]
}

// release lets go of the bytes that were kept for a dissector; where they lie
// stays known.
func (e *Engine) release(f *flow) {
	for i := range f.ends {
		n := &f.ends[i]
		for j := range n.blocks {
			n.blocks[j].data = nil
		}
		e.held -= n.held
		n.held = 0
	}
}

// acknowledge says that the other side has got everything below seq. What did
// not come by then was lost on the way to the capture.
func (e *Engine) acknowledge(f *flow, side Side, seq uint64) {
	n := &f.ends[side]
	if n.fins && seq >= n.finSeq {
		seq = n.finSeq - 1
	}
	if seq <= n.trimmed {
		return
	}
	if seq > n.next {
		e.giveUp(f, side, seq)
	}
	if len(n.blocks) > 0 && n.blocks[0].to <= seq {
		for len(n.blocks) > 0 && n.blocks[0].to <= seq {
			b := n.blocks[0]
			n.blocks = slices.Delete(n.blocks, 0, 1)
			n.held -= len(b.data)
			e.held -= len(b.data)
		}
	}
	e.drain(f, side)
	n.trimmed = seq
	e.checkEnd(f, side)
}

// giveUp skips the holes below seq.
func (e *Engine) giveUp(f *flow, side Side, seq uint64) {
	n := &f.ends[side]
	if seq <= 2 && f.partial {
		// The first octet of a connection whose beginning was not seen may be
		// that of a keep-alive.
		return
	}
	if !n.lost {
		for len(n.blocks) > 0 && n.blocks[0].from < seq {
			e.gap(f, side, n.blocks[0].from-n.next)
			n.next = n.blocks[0].from
			e.drain(f, side)
		}
		if seq > n.next {
			e.gap(f, side, seq-n.next)
		}
	}
	n.next = max(n.next, seq)
}

// gap notes that bytes of one side are missing. Where a connection is not in
// order its numbers are not trusted with that.
func (e *Engine) gap(f *flow, side Side, size uint64) {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if n.orderly() && peer.orderly() {
		f.scale(&n.gaps, side, 'G')
		f.missed += size
	}
	e.lost(f, side, size)
}

func (n *endpoint) orderly() bool {
	return n.state == established || n.state == closed && n.before == established
}

// checkEnd carries out a close that has waited for data.
func (e *Engine) checkEnd(f *flow, side Side) {
	n := &f.ends[side]
	if n.ended || !n.fins && n.state != closed && n.state != reset || f.pendingData(side) {
		return
	}
	n.ended = true
	if f.deferred {
		e.closing(f, side, f.deferredEnd)
		f.deferred = false
	}
}

// flush gives out what waits behind holes that nobody will fill any more.
func (e *Engine) flush(f *flow) {
	for side := Client; side <= Server; side++ {
		n := &f.ends[side]
		for len(n.blocks) > 0 && f.talk != nil {
			e.lost(f, side, n.blocks[0].from-n.next)
			n.next = n.blocks[0].from
			e.drain(f, side)
		}
		e.forgetBlocks(n)
	}
}
