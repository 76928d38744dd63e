package app

import (
	"net"
	"net/netip"
	"sync"
)

// Bounds of the connections to the listener, so that a hostile client costs a
// bounded amount of memory and leaves room for others.
const (
	maxConnections  = 1024
	maxFromOnePeer  = 256
	maxFromLoopback = 512 // a reverse proxy stands for everybody
)

// A boundedListener closes connections beyond its bounds.
type boundedListener struct {
	net.Listener
	mu    sync.Mutex
	all   int
	peers map[netip.Addr]int
}

func bound(l net.Listener) *boundedListener {
	return &boundedListener{Listener: l, peers: map[netip.Addr]int{}}
}

// Accept returns the next connection within the bounds.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := addressOf(c.RemoteAddr())
		if l.enter(peer) {
			return &boundedConn{Conn: c, leave: func() { l.leave(peer) }}, nil
		}
		_ = c.Close() // one too many; the client sees that it was closed
	}
}

func addressOf(a net.Addr) netip.Addr {
	if ap, err := netip.ParseAddrPort(a.String()); err == nil {
		return ap.Addr().Unmap()
	}
	return netip.Addr{}
}

func (l *boundedListener) enter(peer netip.Addr) bool {
	limit := maxFromOnePeer
	if peer.IsLoopback() {
		limit = maxFromLoopback
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxConnections || l.peers[peer] >= limit {
		return false
	}
	l.all++
	l.peers[peer]++
	return true
}

func (l *boundedListener) leave(peer netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.peers[peer]--; l.peers[peer] == 0 {
		delete(l.peers, peer)
	}
}

type boundedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close gives the place up.
func (c *boundedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}
