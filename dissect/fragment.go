package dissect

import "slices"

// Bounds of reassembling IP.
const (
	maxFragmented    = 2048    // packets that are incomplete at a time
	maxFragments     = 512     // pieces of one packet
	maxFragmentBytes = 8 << 20 // of all incomplete packets
	maxPacket        = 65535
)

type fragKey struct {
	src, dst [16]byte
	id       uint32
	proto    uint8
	v6       bool
}

// whole is a packet that is still incomplete.
type whole struct {
	key    fragKey
	pieces []piece // by offset, without overlap
	end    int     // its length once the last piece is known, -1 before
	held   int
	header int // of the first piece
	proto  uint8
}

type piece struct {
	at   int
	data []byte
}

// fragments puts IP packets together again (RFC 791, RFC 8200). What came first
// wins where pieces overlap. When there are too many, the oldest goes.
type fragments struct {
	open  map[fragKey]*whole
	order []*whole
	held  int
	buf   []byte
}

func (fs *fragments) init() { fs.open = map[fragKey]*whole{} }

// add takes a piece in. It returns true when the packet is complete; p then
// holds all of it, valid until the next call.
func (fs *fragments) add(p *packet, id uint32, at int, more bool, header int) bool {
	k := fragKey{p.src, p.dst, id, p.proto, p.v6}
	if p.v6 {
		k.proto = 0 // RFC 8200: the id alone counts
	}
	data := p.captured()
	if p.length < len(data) {
		data = data[:p.length]
	}
	if at+len(data) > maxPacket {
		return false
	}
	w := fs.open[k]
	if w == nil {
		for len(fs.order) >= maxFragmented {
			fs.forget(fs.order[0])
		}
		w = &whole{key: k, end: -1, header: header, proto: p.proto}
		fs.open[k] = w
		fs.order = append(fs.order, w)
	}
	if at == 0 {
		w.header, w.proto = header, p.proto
	}
	if !more && w.end < 0 {
		w.end = at + len(data)
	}
	w.insert(fs, at, data)
	for fs.held > maxFragmentBytes && len(fs.order) > 0 {
		old := fs.order[0]
		fs.forget(old)
		if old == w {
			return false
		}
	}
	if len(w.pieces) > maxFragments {
		fs.forget(w)
		return false
	}
	if w.end < 0 || !w.complete() {
		return false
	}
	fs.buf = fs.buf[:0]
	for _, pc := range w.pieces {
		if pc.at < w.end {
			fs.buf = append(fs.buf, pc.data[:min(len(pc.data), w.end-pc.at)]...)
		}
	}
	p.payload = fs.buf
	p.length = len(fs.buf)
	p.total = w.header + len(fs.buf)
	p.proto = w.proto
	p.whole = true
	fs.forget(w)
	return true
}

// insert adds what is new of a piece.
func (w *whole) insert(fs *fragments, at int, data []byte) {
	i, _ := slices.BinarySearchFunc(w.pieces, at, func(p piece, at int) int { return p.at - at })
	if i > 0 {
		if before := w.pieces[i-1]; before.at+len(before.data) > at {
			cut := before.at + len(before.data) - at
			if cut >= len(data) {
				return
			}
			at, data = at+cut, data[cut:]
		}
	}
	for len(data) > 0 {
		n := len(data)
		if i < len(w.pieces) {
			n = min(n, w.pieces[i].at-at)
		}
		if n > 0 {
			w.pieces = slices.Insert(w.pieces, i, piece{at, slices.Clone(data[:n])})
			w.held += n
			fs.held += n
			at, data = at+n, data[n:]
			i++
		}
		if len(data) == 0 || i >= len(w.pieces) {
			continue
		}
		next := w.pieces[i]
		skip := min(len(next.data), len(data))
		at, data = at+skip, data[skip:]
		i++
	}
}

func (w *whole) complete() bool {
	at := 0
	for _, p := range w.pieces {
		if p.at > at {
			return false
		}
		at = p.at + len(p.data)
	}
	return at >= w.end
}

func (fs *fragments) forget(w *whole) {
	delete(fs.open, w.key)
	fs.held -= w.held
	if i := slices.Index(fs.order, w); i >= 0 {
		fs.order = slices.Delete(fs.order, i, i+1)
	}
}
