package dissect

// A Set is the protocols that are looked for. It is built once and safe for
// concurrent use.
type Set struct {
	kinds       []*Kind
	byTransport map[Transport][]uint8 // places in kinds
	byPort      map[portKey][]uint8
	byName      map[string]*Kind
}

type portKey struct {
	transport Transport
	port      uint16
}

// maxKinds is how many protocols a Set can hold.
const maxKinds = 256

// NewSet returns a set of kinds, asked in their order, those of a flow's port
// first. It panics when there are more than 256.
func NewSet(kinds []Kind) *Set {
	if len(kinds) > maxKinds {
		panic("dissect: more than 256 protocols in a set")
	}
	s := &Set{byTransport: map[Transport][]uint8{}, byPort: map[portKey][]uint8{}, byName: map[string]*Kind{}}
	for i := range kinds {
		k := &kinds[i]
		s.kinds = append(s.kinds, k)
		s.byName[k.Name] = k
		for _, t := range []Transport{TCP, UDP} {
			if k.Transport&t == 0 || k.Probe == nil {
				continue
			}
			s.byTransport[t] = append(s.byTransport[t], uint8(i))
			for _, p := range k.Ports {
				key := portKey{t, p}
				s.byPort[key] = append(s.byPort[key], uint8(i))
			}
		}
	}
	return s
}

// usual reports whether a protocol of the set is usually at this port: the
// engine takes such a side for the server when it did not see who began.
func (s *Set) usual(t Transport, port uint16) bool { return len(s.byPort[portKey{t, port}]) > 0 }

// kindSet is a set of places in Set.kinds.
type kindSet [maxKinds / 64]uint64

func (b *kindSet) has(i uint8) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b *kindSet) put(i uint8)      { b[i/64] |= 1 << (i % 64) }

// A Conversation is the talk of one flow: it finds the protocol, then keeps for
// its dissector what is not yet used. The engine feeds it with bytes in order;
// tests feed it directly.
type Conversation struct {
	set  *Set
	flow *Flow
	no   kindSet // those that have said no
	over bool

	opening [2][]byte
	chunks  []chunk // what opening holds, in the order in which it came

	dissector Dissector
	pending   [2][]byte
	restarts  int
}

type chunk struct {
	side Side
	size int
}

// NewConversation returns the talk of a flow whose protocol is not known yet.
func NewConversation(set *Set, flow *Flow) *Conversation {
	return &Conversation{set: set, flow: flow}
}

// held is how many bytes are kept for later.
func (c *Conversation) held() int {
	return len(c.opening[0]) + len(c.opening[1]) + len(c.pending[0]) + len(c.pending[1])
}

// Over reports that no byte of this flow is of interest any more.
func (c *Conversation) Over() bool { return c.over }

// Data takes the next bytes of one side, or the next datagram.
func (c *Conversation) Data(side Side, data []byte) {
	if c.over || len(data) == 0 {
		return
	}
	if c.dissector != nil {
		c.feed(side, data)
		return
	}
	c.open(side, data)
}

// open asks the probes, and gathers the opening for as long as one of them
// needs more of it.
func (c *Conversation) open(side Side, data []byte) {
	first := len(c.opening[side]) == 0
	alone := first && len(c.opening[side.Other()]) == 0
	view := Opening{
		ClientPort: c.flow.ClientAddr.Port(), ServerPort: c.flow.ServerAddr.Port(),
		Transport: c.flow.Transport,
	}
	seen := [2][]byte{c.opening[Client], c.opening[Server]}
	switch {
	case alone:
		seen[side] = data
	case c.flow.Transport == TCP || first:
		c.gather(side, data)
		seen = c.opening
	}
	view.Client, view.Server = head(seen[Client]), head(seen[Server])
	kind, more := c.ask(view)
	if kind != nil {
		c.begin(kind)
		if alone {
			c.feed(side, data)
		}
		return
	}
	full := len(seen[Client]) >= OpeningSize && len(seen[Server]) >= OpeningSize ||
		len(seen[Client])+len(seen[Server]) >= 4*OpeningSize
	if !more || full || c.flow.Transport == UDP && !first {
		c.abandon()
		return
	}
	if alone {
		c.gather(side, data)
	}
}

// ask asks the probes that have not said no, those of the ports first. It
// returns the kind that said yes, and whether any may still do so.
func (c *Conversation) ask(view Opening) (kind *Kind, more bool) {
	s := c.set
	var asked kindSet
	for _, list := range [...][]uint8{
		s.byPort[portKey{view.Transport, view.ServerPort}], s.byPort[portKey{view.Transport, view.ClientPort}],
		s.byTransport[view.Transport],
	} {
		for _, i := range list {
			if c.no.has(i) || asked.has(i) {
				continue
			}
			asked.put(i)
			switch s.kinds[i].Probe(view) {
			case Yes:
				return s.kinds[i], true
			case More:
				more = true
			case No:
				c.no.put(i)
			}
		}
	}
	return nil, more
}

func (c *Conversation) gather(side Side, data []byte) {
	c.opening[side] = append(c.opening[side], data...)
	c.chunks = append(c.chunks, chunk{side, len(data)})
}

func head(b []byte) []byte { return b[:min(len(b), OpeningSize)] }

// begin starts a dissector and hands over what has come so far.
func (c *Conversation) begin(k *Kind) {
	c.dissector = k.New()
	c.flow.service = k.Name
	opening, chunks := c.opening, c.chunks
	c.opening, c.chunks = [2][]byte{}, nil
	var at [2]int
	for _, ch := range chunks {
		if c.over {
			return
		}
		c.feed(ch.side, opening[ch.side][at[ch.side]:at[ch.side]+ch.size])
		at[ch.side] += ch.size
	}
}

// feed hands data to the dissector, after what it left unused.
func (c *Conversation) feed(side Side, data []byte) {
	f := c.flow
	if c.dissector == nil { // the flow began anew
		c.Data(side, data)
		return
	}
	if f.Transport == UDP {
		c.dissector.Feed(f, side, data)
		f.skip = [2]int64{}
		c.settle()
		return
	}
	owned := false // whether data is our own buffer
	for !c.over && c.dissector != nil {
		if n := min(f.skip[side], int64(len(data))); n > 0 {
			f.skip[side] -= n
			data = data[n:]
		}
		if len(data) == 0 {
			break
		}
		if len(c.pending[side]) > 0 {
			c.pending[side] = append(c.pending[side], data...)
			data, owned = c.pending[side], true
			c.pending[side] = nil
		}
		used := min(max(c.dissector.Feed(f, side, data), 0), len(data))
		data = data[used:]
		changed := c.settle()
		if f.skip[side] == 0 && !changed {
			break
		}
	}
	if !c.over && c.dissector == nil {
		other := c.pending[side.Other()]
		c.pending = [2][]byte{}
		c.Data(side.Other(), other)
		c.Data(side, data)
		return
	}
	if c.over || len(data) == 0 {
		return
	}
	if len(data) > PendingSize {
		c.abandon()
		return
	}
	if owned {
		c.pending[side] = data
	} else {
		c.pending[side] = append([]byte(nil), data...)
	}
}

// settle carries out what the dissector asked for and reports whether another
// dissector has taken over.
func (c *Conversation) settle() bool {
	f := c.flow
	switch {
	case f.done:
		c.abandon()
	case f.next != "":
		name := f.next
		f.next = ""
		k := c.set.byName[name]
		if k == nil {
			c.abandon()
			return false
		}
		c.dissector.End(f)
		f.next, f.done = "", false
		c.dissector = k.New()
		f.service = k.Name
		return true
	case f.anew:
		f.anew = false
		if c.restarts++; c.restarts > maxRestarts {
			c.abandon()
			return false
		}
		c.dissector.End(f)
		f.next, f.done, f.skip = "", false, [2]int64{}
		c.dissector, c.no = nil, kindSet{}
		return true
	}
	return false
}

// maxRestarts bounds tunnels inside tunnels of one flow.
const maxRestarts = 8

// Gap says that n bytes of one side are lost.
func (c *Conversation) Gap(side Side, n int) {
	switch {
	case c.over || n <= 0:
	case c.dissector == nil:
		c.abandon() // a protocol is not recognised from its middle
	default:
		f := c.flow
		c.pending[side] = nil
		if skip := min(f.skip[side], int64(n)); skip == int64(n) {
			f.skip[side] -= skip
			return
		}
		f.skip[side] = 0
		if !c.dissector.Gap(f, side, n) {
			c.abandon()
			return
		}
		c.settle()
	}
}

// End says that the flow has ended.
func (c *Conversation) End() { c.abandon() }

// abandon ends the dissector and lets go of all memory.
func (c *Conversation) abandon() {
	if c.over {
		return
	}
	c.over = true
	if c.dissector != nil {
		c.dissector.End(c.flow)
		c.dissector = nil
	}
	c.chunks = nil
	c.opening, c.pending = [2][]byte{}, [2][]byte{}
}
