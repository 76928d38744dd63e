package dissect

import (
	"container/heap"
	"encoding/binary"
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
	flows   map[key]*flow
	due     dueHeap
	free    *flow
	fresh   list // nobody has answered yet
	settled list
	serial  uint64
	evicted uint64
}

func (t *table) init() { t.flows = make(map[key]*flow, 1024) }

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
	t.flows[k] = f
	t.fresh.push(f)
	heap.Push(&t.due, f)
	return f
}

// drop forgets a flow and keeps its memory for the next one.
func (t *table) drop(f *flow) {
	delete(t.flows, f.key)
	if f.settled {
		t.settled.drop(f)
	} else {
		t.fresh.drop(f)
	}
	heap.Remove(&t.due, f.index)
	f.talk, f.view = nil, nil
	f.next = t.free
	t.free = f
}

// sooner makes sure that a flow is looked at no later than at.
func (t *table) sooner(f *flow, at int64) {
	if at < f.at {
		f.at = at
		heap.Fix(&t.due, f.index)
	}
}

// dueHeap orders flows by the time at which they must be looked at. A flow that
// lives on is put off when it comes up, not at every packet.
type dueHeap []*flow

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].serial < h[j].serial
}
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	f := x.(*flow)
	f.index = len(*h)
	*h = append(*h, f)
}

func (h *dueHeap) Pop() any {
	old := *h
	f := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return f
}
