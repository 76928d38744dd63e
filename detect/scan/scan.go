// Package scan detects reconnaissance: one machine that asks many doors which
// of them open.
//
// A scanner asks ports and machines that it knows nothing about, so most of its
// questions fail, or lead to a connection over which nothing is said. A client
// knows whom it wants to talk to. The detector therefore counts, for each
// source, the distinct targets of questions that came to nothing:
//
//   - vertical: 10 ports of one machine within 5 minutes. A client that lost
//     its server retries one or two ports. Ports above 1023 alone count a third,
//     since file transfer and calls negotiate them and firewalls then drop
//     them; flags that no client sends (FIN, NULL, Xmas) count three times.
//   - horizontal: one port of 15 machines within 5 minutes. Ports that worms
//     and intruders want, and that a client never asks in vain of many
//     machines (remote desktop, file sharing, SSH, databases), count double.
//     On the Internet it takes 30 and most must fail; 60 for the web, where
//     browsers do that while the line is down, and for ports above 1023 and
//     UDP, where swarms do.
//   - both again over 24 hours with twice the count, for those who are patient;
//     sources on the Internet that ask our machines get no such allowance.
//   - ping sweep: 10 machines within a minute, of which some do not exist:
//     monitoring asks the same machines again and again, and they answer.
//   - ARP sweep: 20 addresses asked for within 15 seconds, or 40 within a
//     minute, which maps the local network. A gateway asks that fast only while
//     it is itself made to, by a scan from outside: look behind it.
//
// Answers to questions that were never asked here (backscatter of an attack
// with forged sources) are no scan: they have no beginning, or come from the
// port of a server.
//
// Expected false positives: licensed vulnerability scanners, asset discovery
// of printers and of network management, load balancers that check ports.
package scan

import (
	"fmt"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// Kind returns the detector.
func Kind() detect.Kind {
	return detect.Kind{
		Name:      name,
		Doc:       doc,
		Rules:     []*detect.Rule{vertical, horizontal, pingSweep, arpSweep, traceroute},
		Partition: partition,
		Idle:      slowWindow,
		New:       open,
	}
}

const name = "scan"

// slowWindow is the longer of the two windows over which targets are counted.
const slowWindow = 24 * time.Hour

// Bounds of what one source can make the detector remember.
const (
	maxTrackers = 2048 // targets, or ports
	maxDistinct = 2048 // values of one of them
	maxServed   = 4096 // doors behind which there was somebody
)

type settings struct {
	ports, hosts, outside, pings, arps int
	window, pingWindow                 time.Duration
}

func open(s detect.Settings) (detect.Detector, error) {
	r := s.Read()
	d := &detector{cfg: settings{
		ports:      r.Int("ports", 10, 3),
		hosts:      r.Int("hosts", 15, 3),
		outside:    r.Int("outside", 30, 3),
		pings:      r.Int("pings", 10, 3),
		arps:       r.Int("arps", 20, 3),
		window:     r.Duration("window", 5*time.Minute),
		pingWindow: r.Duration("ping_window", time.Minute),
	}}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if d.cfg.window >= slowWindow {
		return nil, fmt.Errorf("window %v is not below %v, the window for slow scans", d.cfg.window, slowWindow)
	}
	return d, nil
}

// partition brings together what one source asks: an address, or for ARP the
// network card, which may claim any address.
func partition(e *event.Event) string {
	if e.Class != event.NetworkActivity {
		return ""
	}
	if e.Str(event.ProtocolName) == "arp" {
		if mac := e.Str(event.SrcMAC); mac != "" {
			return mac
		}
		return e.Str(event.SrcIP)
	}
	if !detect.IsFlow(e) {
		return ""
	}
	return e.Str(event.SrcIP)
}

type detector struct {
	cfg settings

	ports  table[string, door] // by target: ports asked in vain
	hosts  table[door, string] // by port: targets asked in vain
	served map[place]bool      // doors behind which something was said
	uses   map[door]int        // how many machines of each door were used well
	pings  tracker[string]
	asked  tracker[string] // by ARP
	routes tracker[door]   // probes of traceroute
	route  string          // and whom they go to

	claims [claimCount]claim
}

// A door is a port of a protocol.
type door struct {
	proto uint8
	port  uint16
}

// A place is a door of one machine.
type place struct {
	ip string
	at door
}

func (d *detector) Examine(e *event.Event) []detect.Finding {
	if e.Str(event.ProtocolName) == "arp" {
		return d.arp(e)
	}
	if !detect.ToOne(e) || e.Str(event.SrcIP) == e.Str(event.DstIP) {
		return nil
	}
	switch e.Int(event.ProtocolNum) {
	case 6:
		return d.transport(e, judgeTCP(e))
	case 17:
		return d.transport(e, judgeUDP(e))
	case 1, 58:
		return d.ping(e)
	}
	return nil
}

// Advance gives out what has grown since it was last given out.
func (d *detector) Advance(time.Time) []detect.Finding {
	var out []detect.Finding
	for i := range d.claims {
		out = d.claims[i].flush(out)
	}
	return out
}

// transport looks at one TCP connection or UDP exchange.
func (d *detector) transport(e *event.Event, v verdict) []detect.Finding {
	if v == ignored {
		return nil
	}
	target := e.Str(event.DstIP)
	at := door{uint8(e.Int(event.ProtocolNum)), uint16(e.Int(event.DstPort))}
	spot := place{target, at}
	if v == used {
		d.use(spot)
		return nil
	}
	if at.proto == 17 && at.port >= tracePorts && at.port < tracePorts+traceSpan {
		return d.trace(e, target, at)
	}
	if d.served[spot] {
		return nil // a door that opens, and once did not
	}
	var out []detect.Finding
	if p := d.ports.of(target); p != nil && p.add(at, e.Time, v.weight(at, !detect.FromInside(e) && detect.ToInside(e)), v == talkless, e) && d.isVertical(e, target, p) {
		out = d.claim(isVertical, vertical, e, target, at, p)
	}
	if v == odd || v == stealth {
		return out // a program that ends says goodbye to many servers at once
	}
	if h := d.hosts.of(at); h != nil && h.add(target, e.Time, 1, v == talkless, e) && d.isHorizontal(e, at, h) {
		out = append(out, d.claim(isHorizontal, horizontal, e, target, at, h)...)
	}
	return out
}

// use remembers that a door was used well: not a scan, whatever came before.
func (d *detector) use(spot place) {
	if d.served[spot] || len(d.served) >= maxServed {
		return
	}
	if d.served == nil {
		d.served, d.uses = map[place]bool{}, map[door]int{}
	}
	spot.ip = own(spot.ip)
	d.served[spot] = true
	d.uses[spot.at]++
	if p := d.ports.rows[spot.ip]; p != nil {
		p.drop(spot.at)
		p.served++
	}
	if h := d.hosts.rows[spot.at]; h != nil {
		h.drop(spot.ip)
	}
}

func (d *detector) isVertical(e *event.Event, target string, p *tracker[door]) bool {
	if d.claims[isVertical].about[target] {
		return true
	}
	need := d.cfg.ports * unit
	if p.talkless*4 > p.size()*3 {
		// Hardly a refusal: somebody who checks whether services are there.
		need *= 3
	}
	fast, slow := p.reaches(e.Time, d.cfg.window, need), p.reaches(e.Time, slowWindow, 2*need)
	return (fast || slow) && p.served <= p.size()
}

func (d *detector) isHorizontal(e *event.Event, at door, h *tracker[string]) bool {
	if d.claims[isHorizontal].about[at.String()] {
		return true
	}
	fromInside, toInside := detect.FromInside(e), detect.ToInside(e)
	need, share := d.cfg.hosts, 0.5
	wanted := at.wanted()
	switch {
	case at.everywhere() && !toInside:
		return false // resolvers, time servers and mail servers ask the world
	case wanted:
		need = (need + 1) / 2
	case !toInside:
		need, share = d.cfg.outside, 0.8
		if at.web() || at.port >= 1024 || at.proto == 17 {
			need *= 2
		}
	}
	slow := 2 * need
	if wanted && !fromInside && toInside {
		slow = (need + 1) / 2
	}
	if h.talkless*4 > h.size()*3 {
		need *= 3
		slow *= 3
	}
	asked, used := h.size(), d.uses[at]
	if float64(asked) < share*float64(asked+used) {
		return false
	}
	return h.reaches(e.Time, d.cfg.window, need) || h.reaches(e.Time, slowWindow, slow)
}
