package identity

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits of signing in. After free tries every further one is answered only
// after a delay that doubles. For an account the longest delay is short, and a
// peer that signed in to it before has a count of its own, so that nobody can
// keep the owner out by guessing from elsewhere. For a peer the longest delay is
// long, but not for this machine itself, which may be a proxy in front of
// everybody.
const (
	freeTries     = 5
	freePeerTries = 10
	firstDelay    = time.Second
	longestOne    = time.Minute      // of an account, and of this machine
	longestPeer   = 15 * time.Minute // of another peer
	forgetTries   = time.Hour        // without a try
	maxRemembered = 4096             // accounts, names, peers, friends; each
)

// tries counts the tries of one key that went wrong.
type tries struct {
	key   string
	wrong int
	last  time.Time
	until time.Time
}

// A counter remembers tries, the latest maxRemembered keys of them.
type counter struct {
	free  int
	keeps bool // keys without wrong tries are remembered too
	byKey map[string]*list.Element
	order *list.List // of *tries, the latest in front
}

func newCounter(free int, keeps bool) counter {
	return counter{free: free, keeps: keeps, byKey: map[string]*list.Element{}, order: list.New()}
}

// until returns when the next try is answered; a past time means now.
func (c *counter) until(key string) time.Time {
	if e, ok := c.byKey[key]; ok {
		return e.Value.(*tries).until
	}
	return time.Time{}
}

func (c *counter) has(key string) bool { _, ok := c.byKey[key]; return ok }

// remember returns the tries of a key and makes it the latest.
func (c *counter) remember(key string) *tries {
	e, ok := c.byKey[key]
	if !ok {
		if c.order.Len() >= maxRemembered {
			delete(c.byKey, c.order.Remove(c.order.Back()).(*tries).key)
		}
		e = c.order.PushFront(&tries{key: key})
		c.byKey[key] = e
	}
	c.order.MoveToFront(e)
	return e.Value.(*tries)
}

// add counts a try in advance, so that many at once gain nothing.
func (c *counter) add(key string, now time.Time, longest time.Duration) (wrong int) {
	t := c.remember(key)
	if now.Sub(t.last) > forgetTries {
		t.wrong = 0
	}
	t.last = now
	t.wrong++
	if over := t.wrong - c.free; over >= 0 {
		t.until = now.Add(min(longest, firstDelay<<min(over, 20)))
	}
	return t.wrong
}

// takeBack removes a try, or all.
func (c *counter) takeBack(key string, all bool) {
	e, ok := c.byKey[key]
	if !ok {
		return
	}
	t := e.Value.(*tries)
	t.wrong--
	t.until = time.Time{}
	if all || t.wrong < 0 {
		t.wrong = 0
	}
	if t.wrong == 0 && !c.keeps {
		c.order.Remove(e)
		delete(c.byKey, key)
	}
}

// A limiter slows down guessing. It may be used by many goroutines.
type limiter struct {
	clock func() time.Time

	mu       sync.Mutex
	accounts counter // accounts that exist
	names    counter // names that nobody has: apart, so that they push out no account
	peers    counter
	friends  counter // account and peer that signed in before
}

func newLimiter(clock func() time.Time) *limiter {
	return &limiter{
		clock: clock, accounts: newCounter(freeTries, false), names: newCounter(freeTries, false),
		peers: newCounter(freePeerTries, false), friends: newCounter(freeTries, true),
	}
}

// A try is one sign-in that was let through to the password.
type try struct {
	limiter *limiter
	counter *counter
	key     string
	account string // "" for a name that nobody has
	peer    string
	wrong   int // tries that went wrong, with this one
}

// begin lets a try through or says when to come again. The caller calls right
// or undone on it unless it went wrong.
func (l *limiter) begin(name, account, peer string) (*try, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &try{limiter: l, counter: &l.names, key: NameKey(name), account: account, peer: peerKey(peer)}
	if account != "" {
		t.counter, t.key = &l.accounts, account
		if friend := account + " " + t.peer; l.friends.has(friend) {
			t.counter, t.key = &l.friends, friend
		}
	}
	now := l.clock()
	until := l.peers.until(t.peer)
	if u := t.counter.until(t.key); u.After(until) {
		until = u
	}
	if until.After(now) {
		return nil, &LimitedError{Again: until}
	}
	longest := longestPeer
	if address, err := netip.ParseAddr(strings.TrimSuffix(t.peer, "/64")); err == nil && (address.IsLoopback() || t.peer == "::/64") {
		longest = longestOne
	}
	l.peers.add(t.peer, now, longest)
	t.wrong = t.counter.add(t.key, now, longestOne)
	return t, nil
}

// right ends a try that went right.
func (t *try) right() {
	l := t.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	t.counter.takeBack(t.key, true)
	l.peers.takeBack(t.peer, false)
	if t.account != "" {
		l.friends.remember(t.account + " " + t.peer)
	}
}

// undone ends a try that was not answered for another reason.
func (t *try) undone() {
	l := t.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	t.counter.takeBack(t.key, false)
	l.peers.takeBack(t.peer, false)
}

// befriend remembers that an account signed in from peer.
func (l *limiter) befriend(account, peer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.friends.remember(account + " " + peerKey(peer))
}

// NameKey is by what names of accounts are told apart: without blanks around and
// without case. It bounds what a client may send.
func NameKey(name string) string {
	if len(name) > maxName*4 {
		name = name[:maxName*4]
	}
	return strings.ToLower(strings.TrimSpace(name))
}

// peerAddress is the address of a peer, which may come with its port.
func peerAddress(peer string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(peer)
	if err != nil {
		with, err := netip.ParseAddrPort(peer)
		if err != nil {
			return netip.Addr{}, false
		}
		address = with.Addr()
	}
	return address.Unmap().WithZone(""), true
}

// peerKey is by what peers are told apart: the address; of IPv6 the /64 that
// one customer has.
func peerKey(peer string) string {
	address, ok := peerAddress(peer)
	if !ok {
		return "other"
	}
	if address.Is6() {
		return netip.PrefixFrom(address, 64).Masked().String()
	}
	return address.String()
}

// peerName is a peer as people see it, without its port.
func peerName(peer string) string {
	if address, ok := peerAddress(peer); ok {
		return address.String()
	}
	return cut(peer, maxName)
}
