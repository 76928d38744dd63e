package scan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// A verdict says what became of one question.
type verdict uint8

const (
	ignored  verdict = iota // nothing follows from it
	used                    // something was said: a client that knows whom it talks to
	failed                  // no answer, or a refusal
	talkless                // it opened, and nothing was said
	odd                     // a lone ACK
	stealth                 // flags that no client begins with
)

// weight says how much a port adds to a vertical scan.
func (v verdict) weight(at door, knocking bool) int {
	switch {
	case v == stealth:
		return 3 * unit
	case knocking && at.proto == 6 && v == failed:
		return unit // from outside, nobody negotiates a port of ours
	case at.port < 1024 || at.wanted() || at.web():
		return unit
	}
	return 1
}

// judgeTCP goes by how the connection ended and, where the source tells them,
// by its flags in the order in which they came.
func judgeTCP(e *event.Event) verdict {
	history := e.Str(event.FlagHistory)
	if strings.HasPrefix(history, "^") || strings.ContainsAny(history, "H") {
		return ignored // it began with an answer: backscatter, or a beginning not seen
	}
	out, in := e.Int(event.BytesOut), e.Int(event.BytesIn)
	state := e.UnmappedStr("conn_state")
	if history == "" && state == "" && fromServer(e) {
		return ignored
	}
	if history != "" || state == "OTH" {
		if !strings.Contains(history, "S") {
			return judgeBeginless(e, history, out, in)
		}
	}
	switch e.Activity() {
	case event.ConnFail, event.ConnRefuse:
		return failed
	case event.ConnOpen, event.ConnClose, event.ConnReset:
		switch {
		case state == "RSTRH":
			return ignored
		case state == "RSTOS0":
			return failed
		case out > 0:
			return used
		case in > 0 && !(door{6, uint16(e.Int(event.DstPort))}).wanted():
			return used // a server that speaks first, such as a transfer's data port
		case !e.Has(event.BytesOut) && e.Int(event.PacketsOut) > 3:
			return used
		}
		return talkless
	}
	return ignored
}

// judgeBeginless judges what does not begin with SYN.
func judgeBeginless(e *event.Event, history string, out, in int64) verdict {
	if out > 0 && in > 0 {
		return used
	}
	if packets := e.Int(event.PacketsOut); out > 0 || in > 0 || packets < 1 || packets > 2 {
		return ignored
	}
	switch strings.Trim(history, "r") {
	case "F", "FF":
		return stealth // FIN or Xmas
	case "":
		return stealth // NULL
	case "A":
		// An ACK scan asks which ports a filter lets through. A capture that
		// begins in the middle shows the like of a server's side, too.
		if strings.HasSuffix(history, "r") || !fromServer(e) {
			return odd
		}
	}
	return ignored
}

func judgeUDP(e *event.Event) verdict {
	switch {
	case e.Int(event.PacketsIn) > 0 || e.Int(event.BytesIn) > 0:
		return used
	case fromServer(e):
		return ignored
	}
	if a := e.Activity(); a != event.ConnFail && a != event.ConnRefuse {
		return ignored
	}
	return failed
}

// fromServer reports a flow whose source port is a service and whose target
// port is not: an answer whose question was not seen.
func fromServer(e *event.Event) bool {
	src, dst := e.Int(event.SrcPort), e.Int(event.DstPort)
	return src > 0 && dst >= 1024 && (src < 1024 || slices.Contains(answering, src))
}

// answering are UDP services above 1023 whose late answers are seen alone:
// SSDP, STUN, IPsec, mDNS, LLMNR.
var answering = []int64{1900, 3478, 4500, 5353, 5355}

// Traceroute asks these UDP ports, one after the other, of the machine to
// which it wants to know the way.
const (
	tracePorts = 33434
	traceSpan  = 192
)

func (d door) String() string {
	if d.proto == 17 {
		return strconv.Itoa(int(d.port)) + "/udp"
	}
	return strconv.Itoa(int(d.port)) + "/tcp"
}

// wanted reports a port through which machines are taken over, and which a
// healthy client does not ask in vain of one machine after the other: remote
// login, file sharing, databases, controllers of plants.
func (d door) wanted() bool {
	if d.proto != 6 {
		return false
	}
	switch d.port {
	case 22, 23, 2323, 135, 139, 445, 3389, 5900, 5985, 5986, 2375, 5555, 7547,
		1433, 1521, 3306, 5432, 6379, 9200, 11211, 27017,
		102, 502, 20000, 44818:
		return true
	}
	return false
}

func (d door) web() bool {
	switch d.port {
	case 80, 443, 8000, 8080, 8443, 8888:
		return true
	}
	return false
}

// everywhere reports services of which one machine asks many on the Internet
// as a matter of course: names, time, mail, calls, QUIC.
func (d door) everywhere() bool {
	switch d.port {
	case 25, 53, 853:
		return true
	case 123, 443, 500, 3478, 3544, 4500, 5349:
		return d.proto == 17
	}
	return false
}

// ping looks at one exchange of ICMP: echo, timestamp and address mask
// requests ask whether a machine is there.
func (d *detector) ping(e *event.Event) []detect.Finding {
	kind, ok := e.Unmapped("icmp_type")
	switch {
	case !ok:
		return nil
	case e.Int(event.ProtocolNum) == 1 && kind != "8" && kind != "13" && kind != "17":
		return nil
	case e.Int(event.ProtocolNum) == 58 && kind != "128":
		return nil
	}
	answered := e.Int(event.PacketsIn) > 0 || e.Int(event.BytesIn) > 0
	target := e.Str(event.DstIP)
	if target == "" {
		return nil
	}
	// Answered pings are kept as talkless: they say nothing but "here".
	if !d.pings.add(target, e.Time, 1, answered, e) {
		return nil
	}
	c := &d.claims[isPing]
	if !c.live {
		size, answers := d.pings.size(), d.pings.talkless
		silent := size - answers
		fast := d.pings.reaches(e.Time, d.cfg.pingWindow, d.cfg.pings) && silent*5 >= size
		slow := d.pings.reaches(e.Time, slowWindow, 3*d.cfg.pings) && silent*2 >= size
		if !fast && !slow {
			return nil
		}
	}
	return d.claim(isPing, pingSweep, e, target, door{}, &d.pings)
}

// arp looks at one ARP request.
func (d *detector) arp(e *event.Event) []detect.Finding {
	if e.UnmappedStr("arp_op") != "request" {
		return nil
	}
	if _, gratuitous := e.Unmapped("arp_gratuitous"); gratuitous {
		return nil
	}
	target := e.Str(event.DstIP)
	if target == "" || target == e.Str(event.SrcIP) || e.Str(event.SrcIP) == "0.0.0.0" {
		return nil // an announcement, or a probe for one's own address (RFC 5227)
	}
	if !d.asked.add(target, e.Time, 1, false, e) {
		return nil
	}
	fast := d.asked.reaches(e.Time, d.cfg.pingWindow/4, d.cfg.arps)
	if !d.claims[isARP].live && !fast && !d.asked.reaches(e.Time, d.cfg.pingWindow, 2*d.cfg.arps) {
		return nil
	}
	return d.claim(isARP, arpSweep, e, target, door{}, &d.asked)
}

// traceDepth is how many steps of a way make a traceroute.
const traceDepth = 6

func (d *detector) trace(e *event.Event, target string, at door) []detect.Finding {
	if d.route != target {
		d.route, d.routes = target, tracker[door]{}
	}
	if !d.routes.add(at, e.Time, 1, false, e) {
		return nil
	}
	if !d.claims[isTrace].live && !d.routes.reaches(e.Time, d.cfg.window, traceDepth) {
		return nil
	}
	return d.claim(isTrace, traceroute, e, target, at, &d.routes)
}
