package dissect

import "slices"

// A Set is the protocols that are looked for. It is built once and safe for
// concurrent use.
type Set struct {
	byTransport map[Transport][]*Kind
	byPort      map[portKey][]*Kind
	byName      map[string]*Kind
}

type portKey struct {
	transport Transport
	port      uint16
}

// NewSet returns a set of kinds, asked in their order, those of a flow's port
// first.
func NewSet(kinds []Kind) *Set {
	s := &Set{byTransport: map[Transport][]*Kind{}, byPort: map[portKey][]*Kind{}, byName: map[string]*Kind{}}
	for i := range kinds {
		k := &kinds[i]
		s.byName[k.Name] = k
		for _, t := range []Transport{TCP, UDP} {
			if k.Transport&t == 0 || k.Probe == nil {
				continue
			}
			s.byTransport[t] = append(s.byTransport[t], k)
			for _, p := range k.Ports {
				key := portKey{t, p}
				s.byPort[key] = append(s.byPort[key], k)
			}
		}
	}
	return s
}

// usual reports whether a protocol of the set is usually at this port: the
// engine takes such a side for the server when it did not see who began.
func (s *Set) usual(t Transport, port uint16) bool { return len(s.byPort[portKey{t, port}]) > 0 }

// candidates returns the kinds to ask, in order, each once.
func (s *Set) candidates(t Transport, client, server uint16) []*Kind {
	all := s.byTransport[t]
	first := s.byPort[portKey{t, server}]
	second := s.byPort[portKey{t, client}]
	out := make([]*Kind, 0, len(all))
	for _, list := range [][]*Kind{first, second, all} {
		for _, k := range list {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// A Conversation is the talk of one flow: it finds the protocol, then keeps for
// its dissector what is not yet used. The engine feeds it with bytes in order;
// tests feed it directly.
type Conversation struct {
	set     *Set
	flow    *Flow
	waiting []*Kind // those that may still say yes
	begun   bool
	over    bool

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
	if !c.begun {
		c.begun = true
		c.waiting = c.set.candidates(c.flow.Transport, c.flow.ClientAddr.Port(), c.flow.ServerAddr.Port())
	}
	c.open(side, data)
}

// open gathers the opening and asks the probes.
func (c *Conversation) open(side Side, data []byte) {
	first := len(c.opening[side]) == 0
	if c.flow.Transport == TCP || first {
		c.opening[side] = append(c.opening[side], data...)
		c.chunks = append(c.chunks, chunk{side, len(data)})
	}
	view := Opening{
		Client: head(c.opening[Client]), Server: head(c.opening[Server]),
		ClientPort: c.flow.ClientAddr.Port(), ServerPort: c.flow.ServerAddr.Port(),
		Transport: c.flow.Transport,
	}
	still := c.waiting[:0]
	for _, k := range c.waiting {
		switch k.Probe(view) {
		case Yes:
			c.begin(k)
			return
		case More:
			still = append(still, k)
		}
	}
	c.waiting = still
	full := len(c.opening[Client]) >= OpeningSize && len(c.opening[Server]) >= OpeningSize ||
		len(c.opening[Client])+len(c.opening[Server]) >= 4*OpeningSize
	if len(still) == 0 || full || (c.flow.Transport == UDP && !first) {
		c.abandon()
	}
}

func head(b []byte) []byte { return b[:min(len(b), OpeningSize)] }

// begin starts a dissector and hands over what has come so far.
func (c *Conversation) begin(k *Kind) {
	c.waiting = nil
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
		c.dissector, c.begun = nil, false
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
	c.waiting, c.chunks = nil, nil
	c.opening, c.pending = [2][]byte{}, [2][]byte{}
}
