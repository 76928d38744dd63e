// Package cleartext detects passwords that travel over the network without
// encryption: who can listen anywhere on the way can log on as that user.
//
// One claim stands for all logons of one client at one service of one server,
// since one change mends them all. Guests (anonymous FTP) give nothing away.
//
// It is of medium severity when the password leaves the network or comes from
// outside: then it passes through hands that nobody knows. Inside, a listener
// has to be in the network already; the claim is low, so that switches,
// printers and controllers that know nothing else do not drown the rest, and
// the setting "inside" raises it (inside=medium). A logon that only ever failed
// is low as well: what was shown is no password, or one with a slip of the
// finger in it.
//
// A logon within one machine is no matter of the network.
//
// Expected false positives: connections that are encrypted below what is seen
// here (a capture inside a VPN), and test accounts of devices that cannot do
// better and stand in a network of their own.
package cleartext

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Kind returns the detector.
func Kind() detect.Kind {
	return detect.Kind{
		Name: name, Doc: doc, Rules: []*detect.Rule{password},
		Partition: partition, Idle: 24 * time.Hour, New: open,
	}
}

const name = "cleartext"

// maxUsers bounds the accounts that a claim names.
const maxUsers = 256

func open(s detect.Settings) (detect.Detector, error) {
	r := s.Read()
	d := &detector{guests: map[string]bool{}}
	for _, guest := range strings.Split(r.Text("guests", "anonymous,ftp,guest"), ",") {
		d.guests[strings.ToLower(strings.TrimSpace(guest))] = true
	}
	inside := r.Text("inside", "low")
	if err := r.Err(); err != nil {
		return nil, err
	}
	switch inside {
	case "low":
		d.inside = event.SeverityLow
	case "medium":
		d.inside = event.SeverityMedium
	default:
		return nil, fmt.Errorf("inside %q is neither low nor medium", inside)
	}
	return d, nil
}

func partition(e *event.Event) string {
	if e.Class != event.Authentication || !e.Bool(event.IsCleartext) {
		return ""
	}
	src, dst := e.Str(event.SrcIP), e.Str(event.DstIP)
	if src == "" || dst == "" || src == dst {
		return ""
	}
	if a, err := netip.ParseAddr(src); err == nil && a.IsLoopback() {
		return ""
	}
	return src + "|" + dst + "|" + e.Str(event.ServiceName)
}

type detector struct {
	guests map[string]bool
	inside event.Severity

	f     detect.Finding
	users []string
	grown bool
	loud  bool // some logon did not fail
}

func (d *detector) Examine(e *event.Event) []detect.Finding {
	user := e.Str(event.UserName)
	if d.guests[strings.ToLower(user)] {
		return nil
	}
	began := d.f.Rule == nil
	if began {
		d.f = password.New(partition(e), e, nil)
		d.f.Severity = event.SeverityLow
		d.f.Confidence = 95
		d.f.Involve("ip", e.Str(event.SrcIP), detect.Actor)
		d.f.Involve("ip", e.Str(event.DstIP), detect.Target)
		d.f.Involve("service", e.Str(event.ServiceName), detect.Related)
	}
	d.f.Rest(e, detect.Fact(e))
	if user != "" && user != "-" && len(d.users) < maxUsers && !slices.Contains(d.users, user) {
		d.users = append(d.users, user)
		d.f.Involve("user", user, detect.Target)
	}
	d.grown = true
	if worse := e.Int(event.StatusID) != event.Failure && !d.loud; worse {
		d.loud = true
		d.f.Severity = event.SeverityMedium
		if detect.FromInside(e) && detect.ToInside(e) {
			d.f.Severity = d.inside
		}
		return d.Advance(e.Time)
	}
	if began {
		return d.Advance(e.Time)
	}
	return nil
}

// Advance gives the finding out if it has grown.
func (d *detector) Advance(time.Time) []detect.Finding {
	if !d.grown {
		return nil
	}
	d.grown = false
	src, dst, service := "", "", ""
	for _, n := range d.f.Entities {
		switch {
		case n.Role == detect.Actor:
			src = n.Value
		case n.Kind == "ip":
			dst = n.Value
		case n.Kind == "service":
			service = n.Value
		}
	}
	args := text.Args{
		"src": src, "dst": dst, "service": serviceName(service), "rawservice": service, "n": d.f.Count,
		"users":   text.ListOf(d.users, len(d.users)),
		"instead": instead(service),
	}
	if len(d.users) == 0 {
		args["users"] = text.Message{EN: "an account whose name was not seen", KO: "이름을 알 수 없는 계정"}
	}
	d.f.Reword(args)
	return []detect.Finding{d.f.Clone()}
}
