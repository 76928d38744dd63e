package dissect

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// key names a flow whatever its direction: the smaller end comes first. It has
// no padding, so that it is hashed at once.
type key struct {
	lo, hi         [16]byte
	loPort, hiPort uint16
	proto          uint8
	oneWay         uint8 // 1: messages that have no answer, never sorted
}

// before is the order of the ends of a flow.
func before(a, b *[16]byte, aPort, bPort uint16) bool {
	if x, y := binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8]); x != y {
		return x < y
	}
	if x, y := binary.BigEndian.Uint64(a[8:]), binary.BigEndian.Uint64(b[8:]); x != y {
		return x < y
	}
	return aPort < bPort
}

// table holds the flows, in the order of their beginning and by the time at
// which each must be looked at. Nothing in it depends on the order of a map.
type table struct {
	flows   index
	due     dueHeap
	free    *flow
	fresh   list // nobody has answered yet
	settled list
	serial  uint64
	evicted uint64
}

func (t *table) init() { t.flows.init() }

// index finds flows by their keys: open addressing with linear probing, at most
// half full. The hash is seeded at random, so that nobody can choose addresses
// that meet in one place; nothing depends on where a flow lies.
type index struct {
	slots []slot
	n     int
	seed  [2]uint64
}

type slot struct {
	hash uint64
	flow *flow
}

func (x *index) init() {
	x.slots = make([]slot, 1<<11)
	x.seed[0] = maphash.Bytes(maphash.MakeSeed(), nil) | 1
	x.seed[1] = maphash.Bytes(maphash.MakeSeed(), nil) | 1
}

// hash folds the five words of a key, each pair by a product of 128 bits.
func (x *index) hash(k *key) uint64 {
	ports := uint64(k.loPort)<<32 | uint64(k.hiPort)<<16 | uint64(k.proto)<<8 | uint64(k.oneWay)
	a, b := bits.Mul64(binary.LittleEndian.Uint64(k.lo[8:])^x.seed[0], binary.LittleEndian.Uint64(k.hi[8:])^x.seed[1])
	c, d := bits.Mul64(binary.LittleEndian.Uint64(k.lo[:8])^x.seed[1]^a, binary.LittleEndian.Uint64(k.hi[:8])^x.seed[0]^b)
	h, l := bits.Mul64(c^d^ports^x.seed[0], x.seed[1]^0x9e3779b97f4a7c15)
	return h ^ l
}

// get returns the flow with a key, or nil.
func (x *index) get(k *key) *flow {
	h := x.hash(k)
	mask := uint64(len(x.slots) - 1)
	for i := h & mask; x.slots[i].flow != nil; i = (i + 1) & mask {
		if x.slots[i].hash == h && x.slots[i].flow.key == *k {
			return x.slots[i].flow
		}
	}
	return nil
}

// put adds a flow whose key is not there yet.
func (x *index) put(f *flow) {
	if 2*(x.n+1) > len(x.slots) {
		old := x.slots
		x.slots = make([]slot, 2*len(old))
		for _, s := range old {
			if s.flow != nil {
				x.place(s)
			}
		}
	}
	x.n++
	x.place(slot{x.hash(&f.key), f})
}

func (x *index) place(s slot) {
	mask := uint64(len(x.slots) - 1)
	i := s.hash & mask
	for x.slots[i].flow != nil {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// drop takes a flow out and closes the hole that it leaves.
func (x *index) drop(f *flow) {
	mask := uint64(len(x.slots) - 1)
	i := x.hash(&f.key) & mask
	for x.slots[i].flow != f {
		i = (i + 1) & mask
	}
	x.n--
	for j := (i + 1) & mask; x.slots[j].flow != nil; j = (j + 1) & mask {
		if home := x.slots[j].hash & mask; (j-home)&mask >= (j-i)&mask {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = slot{}
}

// list is a queue of flows, oldest first.
type list struct{ head, tail *flow }

func (l *list) push(f *flow) {
	f.prev, f.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = f
	} else {
		l.head = f
	}
	l.tail = f
}

func (l *list) drop(f *flow) {
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		l.head = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		l.tail = f.prev
	}
	f.prev, f.next = nil, nil
}

// oldest returns the flow that began first.
func (t *table) oldest() *flow {
	a, b := t.fresh.head, t.settled.head
	if a == nil || b != nil && b.serial < a.serial {
		return b
	}
	return a
}

// victim returns the flow to give up when the table is full.
func (t *table) victim() *flow {
	if f := t.fresh.head; f != nil {
		return f
	}
	return t.settled.head
}

// settle moves a flow to those that were answered. They stay sorted by the
// moment of the first answer, which is what eviction wants.
func (t *table) settle(f *flow) {
	if !f.settled {
		f.settled = true
		t.fresh.drop(f)
		t.settled.push(f)
	}
}

// add takes a new flow in, with its first due time.
func (t *table) add(k key, at int64) *flow {
	f := t.free
	if f != nil {
		t.free = f.next
	} else {
		f = &flow{}
	}
	blocks := [2][]block{f.ends[0].blocks[:0], f.ends[1].blocks[:0]}
	hist := f.history[:0]
	*f = flow{key: k, serial: t.serial, at: at}
	f.history = hist
	f.ends[0].blocks, f.ends[1].blocks = blocks[0], blocks[1]
	t.serial++
	t.flows.put(f)
	t.fresh.push(f)
	t.due.push(f)
	return f
}

// drop forgets a flow and keeps its memory for the next one.
func (t *table) drop(f *flow) {
	t.flows.drop(f)
	if f.settled {
		t.settled.drop(f)
	} else {
		t.fresh.drop(f)
	}
	t.due.remove(f.index)
	f.talk, f.view = nil, nil
	f.next = t.free
	t.free = f
}

// sooner makes sure that a flow is looked at no later than at.
func (t *table) sooner(f *flow, at int64) {
	if at < f.at {
		f.at = at
		t.due.fix(f.index)
	}
}

// dueHeap orders flows by the time at which they must be looked at. A flow that
// lives on is put off when it comes up, not at every packet. It is written out
// because container/heap costs twice as much here.
type dueHeap []*flow

func (f *flow) dueBefore(g *flow) bool {
	return f.at < g.at || f.at == g.at && f.serial < g.serial
}

func (h *dueHeap) push(f *flow) {
	f.index = len(*h)
	*h = append(*h, f)
	h.up(f.index)
}

func (h *dueHeap) remove(i int) {
	last := len(*h) - 1
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	if i == last {
		return
	}
	(*h)[i] = moved
	moved.index = i
	h.fix(i)
}

// fix puts a flow where it belongs after its time has changed.
func (h *dueHeap) fix(i int) {
	f := (*h)[i]
	h.up(i)
	if f.index == i {
		h.down(i)
	}
}

func (h *dueHeap) up(i int) {
	s := *h
	f := s[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !f.dueBefore(s[parent]) {
			break
		}
		s[i] = s[parent]
		s[i].index = i
		i = parent
	}
	s[i] = f
	f.index = i
}

func (h *dueHeap) down(i int) {
	s := *h
	f := s[i]
	for {
		first := 4*i + 1
		if first >= len(s) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(s)); c++ {
			if s[c].dueBefore(s[least]) {
				least = c
			}
		}
		if !s[least].dueBefore(f) {
			break
		}
		s[i] = s[least]
		s[i].index = i
		i = least
	}
	s[i] = f
	f.index = i
}
