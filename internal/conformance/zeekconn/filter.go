package zeekconn

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bongsu/bongsu/capture"
)

// A filter is what Zeek hands to libpcap with -f. The words are those of
// pcap-filter(7), as far as they speak of hosts, networks, ports, protocols and
// bytes of headers. What is not understood is an error, never a guess.
type filter func(*view) bool

// compileFilter turns a pcap filter into a function. The empty filter keeps
// every packet.
func compileFilter(text string) (func(*capture.Packet) bool, error) {
	tokens := tokenize(text)
	if len(tokens) == 0 {
		return func(*capture.Packet) bool { return true }, nil
	}
	p := &parser{tokens: tokens}
	f, err := p.expression()
	if err == nil && p.at < len(p.tokens) {
		err = fmt.Errorf("%q is not understood", p.tokens[p.at])
	}
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", text, err)
	}
	return func(c *capture.Packet) bool {
		v := look(c)
		return f(&v)
	}, nil
}

// signs of two characters.
var signs = []string{"&&", "||", "!=", "==", "<<", ">>", "<=", ">="}

// tokenize splits at spaces and around signs.
func tokenize(s string) (out []string) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t':
			i++
		case slices.Contains(signs, s[i:min(i+2, len(s))]):
			out = append(out, s[i:i+2])
			i += 2
		case strings.ContainsRune("()[]&|!=<>+*:", rune(c)) && (c != ':' || !inAddress(s, i)):
			out = append(out, s[i:i+1])
			i++
		default:
			j := i
			for j < len(s) && (unicode.IsLetter(rune(s[j])) || unicode.IsDigit(rune(s[j])) || strings.ContainsRune(".-_/", rune(s[j])) || s[j] == ':' && inAddress(s, j)) {
				j++
			}
			if j == i {
				j++
			}
			out = append(out, s[i:j])
			i = j
		}
	}
	return out
}

// inAddress reports whether a colon belongs to an IPv6 address rather than to
// the size of bytes in brackets.
func inAddress(s string, i int) bool {
	return strings.LastIndexByte(s[:i], '[') <= strings.LastIndexByte(s[:i], ']')
}

type parser struct {
	tokens []string
	at     int
	last   qualifiers // "port 80 or 443" means "port 80 or port 443"
}

type qualifiers struct{ proto, dir, kind string }

func (p *parser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *parser) accept(words ...string) bool {
	for _, w := range words {
		if p.peek() == w {
			p.at++
			return true
		}
	}
	return false
}

// expression joins terms; "and" and "or" bind alike, from the left.
func (p *parser) expression() (filter, error) {
	left, err := p.term()
	for err == nil {
		var right filter
		l := left
		switch {
		case p.accept("and", "&&"):
			if right, err = p.term(); err == nil {
				r := right
				left = func(v *view) bool { return l(v) && r(v) }
			}
		case p.accept("or", "||"):
			if right, err = p.term(); err == nil {
				r := right
				left = func(v *view) bool { return l(v) || r(v) }
			}
		default:
			return left, nil
		}
	}
	return nil, err
}

func (p *parser) term() (filter, error) {
	if p.accept("not", "!") {
		f, err := p.term()
		if err != nil {
			return nil, err
		}
		return func(v *view) bool { return !f(v) }, nil
	}
	if p.relation() {
		return p.compare()
	}
	if p.accept("(") {
		f, err := p.expression()
		if err == nil && !p.accept(")") {
			err = fmt.Errorf("a bracket is not closed")
		}
		return f, err
	}
	return p.primitive()
}

// relation reports whether an arithmetic comparison stands here: one of its
// signs comes before the next word that joins.
func (p *parser) relation() bool {
	depth := 0
	for _, t := range p.tokens[p.at:] {
		switch t {
		case "(":
			depth++
		case ")":
			if depth--; depth < 0 {
				return false
			}
		case "and", "or", "&&", "||", "not", "host", "net", "port", "portrange":
			return false
		case "=", "==", "!=", "<", ">", "<=", ">=":
			return depth == 0
		}
	}
	return false
}

var protocols = map[string]bool{
	"tcp": true, "udp": true, "icmp": true, "icmp6": true, "ip": true, "ip6": true, "arp": true, "ether": true, "sctp": true,
}

func (p *parser) primitive() (filter, error) {
	var q qualifiers
	named := false
	if protocols[p.peek()] {
		q.proto, named = p.peek(), true
		p.at++
	}
	switch {
	case p.accept("src"):
		q.dir = "src"
		if p.peek() == "or" && p.at+1 < len(p.tokens) && p.tokens[p.at+1] == "dst" {
			p.at += 2
			q.dir = ""
		}
		named = true
	case p.accept("dst"):
		q.dir, named = "dst", true
	}
	for _, kind := range []string{"host", "net", "portrange", "port", "proto"} {
		if p.accept(kind) {
			q.kind, named = kind, true
			break
		}
	}
	if q.kind == "" && q.dir == "" && named {
		return protocolFilter(q.proto), nil
	}
	if !named {
		q = p.last
	}
	p.last = q
	if p.accept("not", "!") {
		f, err := p.id(q)
		if err != nil {
			return nil, err
		}
		return func(v *view) bool { return !f(v) }, nil
	}
	return p.id(q)
}

// id reads the value that qualifiers speak of.
func (p *parser) id(q qualifiers) (filter, error) {
	word := p.peek()
	p.at++
	switch q.kind {
	case "port":
		n, err := portNumber(word)
		return portFilter(q, n, n), err
	case "portrange":
		from, to, _ := strings.Cut(word, "-")
		lo, err := portNumber(from)
		if err != nil {
			return nil, err
		}
		hi, err := portNumber(to)
		return portFilter(q, lo, hi), err
	case "proto":
		n, err := strconv.ParseUint(word, 0, 8)
		if err != nil {
			return nil, fmt.Errorf("%q is no protocol number", word)
		}
		return func(v *view) bool { return v.proto == uint8(n) && v.protocol(q.proto) }, nil
	case "net", "host", "":
		prefix, err := network(word)
		if err != nil {
			return nil, err
		}
		return func(v *view) bool {
			return v.protocol(q.proto) && (q.dir != "dst" && prefix.Contains(v.src) || q.dir != "src" && prefix.Contains(v.dst))
		}, nil
	}
	return nil, fmt.Errorf("%q is not understood", q.kind)
}

var portNames = map[string]uint16{
	"ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "pop3": 110, "ntp": 123, "imap": 143, "snmp": 161, "ldap": 389,
	"https": 443,
}

func portNumber(word string) (uint16, error) {
	if n, ok := portNames[word]; ok {
		return n, nil
	}
	n, err := strconv.ParseUint(word, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is no port", word)
	}
	return uint16(n), nil
}

func network(word string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(word); err == nil {
		return prefix.Masked(), nil
	}
	if a, err := netip.ParseAddr(word); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	// "net 10.1" leaves out what does not matter.
	parts := strings.Split(word, ".")
	full := strings.Join(append(parts, []string{"0", "0", "0"}[:max(0, 4-len(parts))]...), ".")
	if a, err := netip.ParseAddr(full); err == nil {
		return netip.PrefixFrom(a, 8*len(parts)), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network", word)
}

func protocolFilter(name string) filter {
	return func(v *view) bool { return v.protocol(name) }
}

func portFilter(q qualifiers, lo, hi uint16) filter {
	in := func(port uint16) bool { return port >= lo && port <= hi }
	return func(v *view) bool {
		return v.protocol(q.proto) && v.ports && (q.dir != "dst" && in(v.sport) || q.dir != "src" && in(v.dport))
	}
}
