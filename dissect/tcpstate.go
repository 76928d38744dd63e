package dissect

// become moves an end to a state. A flow that has left the handshake is given
// more time.
func (e *Engine) become(f *flow, side Side, state uint8) {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if n.state == state {
		return
	}
	if state > synAckSent && n.state <= synAckSent && peer.state <= synAckSent {
		e.idle(f, e.timeouts.TCP)
	}
	n.before, n.state = n.state, state
}

// transit moves the state of the sending end. It returns the side that the
// sender has afterwards, whether that side is now closed, and whether the end
// of the connection is a real one.
func (e *Engine) transit(f *flow, side Side, s *segment) (_ Side, closing, gen bool) {
	switch f.ends[side].state {
	case inactive:
		return e.fromInactive(f, side, s)
	case synSent, synAckSent:
		if s.has(flagFIN) {
			e.become(f, side, closed)
			closing, gen = true, true
		}
		if s.has(flagRST) {
			e.become(f, side, reset)
			f.over = true
			closing = true
		}
	case partial, established:
		closing, gen = e.fromEstablished(f, side, s)
	case closed:
		if s.has(flagRST) && f.ends[side.Other()].state != closed {
			e.become(f, side, reset)
			closing = !f.ends[side].didClose
		}
	}
	return side, closing, gen
}

func (e *Engine) fromInactive(f *flow, side Side, s *segment) (_ Side, closing, gen bool) {
	peer := &f.ends[side.Other()]
	if s.has(flagSYN) {
		if side == Client {
			if s.has(flagACK) {
				e.become(f, side, synAckSent)
			} else {
				e.become(f, side, synSent)
			}
			f.tryAt = e.now + int64(e.timeouts.Attempt)
			e.table.sooner(f, f.tryAt)
		} else {
			if !s.has(flagACK) && peer.state == synAckSent && s.seq == uint32(f.ends[side].start) {
				// The SYN came after its answer, as from two interfaces.
				e.turn(f)
				side = side.Other()
				e.become(f, side.Other(), established)
				f.firstSeen[Client] = true
			}
			peer = &f.ends[side.Other()]
			if peer.state == synSent {
				e.become(f, side.Other(), established)
			}
			e.become(f, side, established)
			if peer.state != partial && f.patient() {
				e.idle(f, patientTimeout)
			}
		}
	}
	if s.has(flagFIN) {
		e.become(f, side, closed)
		closing, gen = true, true
	}
	if s.has(flagRST) {
		e.become(f, side, reset)
		peer = &f.ends[side.Other()]
		rejected := side == Client && peer.state == established ||
			side == Server && (peer.state == synSent || peer.state == synAckSent)
		closing, gen = true, !rejected
	}
	if f.ends[side].state != inactive {
		return side, closing, gen
	}
	switch {
	case side == Server && s.length == 0 && f.ends[Client].state == synSent:
		// Some acknowledge a SYN before they send their own.
	case s.has(flagACK) && f.ends[side.Other()].state == established:
		e.become(f, side, established)
		f.partial = false
		f.firstSeen[side] = true
	default:
		e.become(f, side, partial)
	}
	return side, closing, gen
}

func (e *Engine) fromEstablished(f *flow, side Side, s *segment) (closing, gen bool) {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if s.has(flagSYN) && n.state == partial && peer.state == inactive && !s.has(flagACK) {
		e.become(f, side, synSent)
	}
	if s.has(flagFIN) && !s.has(flagRST) {
		e.become(f, side, closed)
		if peer.state == reset && peer.before == closed {
			// A FIN followed by an RST was an end in order.
			e.become(f, side.Other(), closed)
		}
		closing, gen = true, true
	}
	if s.has(flagRST) {
		e.become(f, side, reset)
		closing = true
		if peer.state != reset || peer.before != established {
			f.over = true
		}
	}
	return closing, gen
}

// closing notes that a side has closed. The flow goes on for as long as data
// is missing that may still come.
func (e *Engine) closing(f *flow, side Side, gen bool) {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if f.pendingData(side) {
		f.deferred = true
		f.deferredEnd = f.deferredEnd || gen
		return
	}
	f.deferred = false
	if n.didClose {
		return
	}
	n.didClose = true
	if n.state == reset || peer.didClose || peer.state == inactive {
		if n.before != inactive || peer.state != inactive {
			if f.deferredEnd {
				gen, f.deferredEnd = true, false
			}
			if gen {
				f.over = true
			}
		}
		f.expireAt = [2]int64{}
		f.tryAt = 0
		f.deleteAt = f.last + int64(e.timeouts.Close)
		e.table.sooner(f, f.deleteAt)
		return
	}
	if n.before != inactive {
		f.expireAt[1] = f.last + int64(e.timeouts.Session)
		e.table.sooner(f, f.expireAt[1])
	}
}

// gone reports whether a flow of which one side has closed is over.
func (e *Engine) gone(f *flow) bool {
	if f.last+int64(e.timeouts.Linger) >= e.now {
		return false
	}
	client, server := &f.ends[Client], &f.ends[Server]
	if client.didClose || server.didClose {
		return client.didClose && server.didClose ||
			client.state == reset || server.state == reset ||
			client.state == inactive || server.state == inactive
	}
	return client.state == inactive && server.state == inactive
}

// connState is Zeek's word for how a flow went.
func (f *flow) connState() string {
	o, r := f.ends[Client].state, f.ends[Server].state
	switch f.proto {
	case protoTCP:
	case protoUDP:
		switch {
		case f.sent[Client] >= 0 && f.sent[Server] >= 0:
			return "SF"
		case f.sent[Client] >= 0:
			return "S0"
		case f.sent[Server] >= 0:
			return "SHR"
		}
		return "OTH"
	default:
		return "OTH"
	}
	noClient, noServer := o == inactive || o == partial, r == inactive || r == partial
	switch {
	case r == reset:
		switch {
		case o == synSent || o == synAckSent || o == reset && f.size(Client) == 0 && f.size(Server) == 0:
			return "REJ"
		case noClient:
			return "RSTRH"
		}
		return "RSTR"
	case o == reset:
		switch {
		case !noServer:
			return "RSTO"
		case f.onlySYN():
			return "RSTOS0"
		}
		return "OTH"
	case o == closed && r == closed:
		return "SF"
	case o == closed && noServer:
		return "SH"
	case o == closed:
		return "S2"
	case r == closed && noClient:
		return "SHR"
	case r == closed:
		return "S3"
	case o == synSent && r == inactive:
		return "S0"
	case o == established && r == established:
		return "S1"
	}
	return "OTH"
}

// onlySYN reports whether the client reset what it had only asked for.
func (f *flow) onlySYN() bool {
	h := f.history
	if len(h) > 0 && h[0] == '^' {
		h = h[1:]
	}
	if len(h) == 0 || h[0] != 'S' {
		return false
	}
	for _, c := range h[1:] {
		switch c {
		case 'R':
			return true
		case 'H', 'A', 'F', 'G', 'I', 'Q':
			return false
		}
	}
	return false
}
