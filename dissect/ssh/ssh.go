// Package ssh dissects the Secure Shell (RFC 4253): the software and algorithms
// of both sides, the fingerprint of the host key, and, by the sizes of what is
// encrypted, whether logins worked. It never learns who logs on.
package ssh

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/ssh"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "ssh", Doc: "Secure Shell: software, algorithms and logins by the size of what is encrypted.",
		Transport: dissect.TCP, Ports: []uint16{22, 2222},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxDoubtful   = 64       // attempts that are kept until the outcome is known
	maxVersion    = 1024     // bytes of a line before the key exchange
	maxLines      = 64       // lines of a server before its version (RFC 4253 §4.2)
	maxOffer      = 16 << 10 // bytes of an offer that is kept until there is an answer
	maxAlgorithms = 2048     // bytes of a list that an event carries
)

// Where a side stands.
const (
	greeting = iota
	exchanging
	encrypted
	opaque // version 1, or not understood
)

type side struct {
	stage   int
	lines   int
	version ssh.Version
	offer   ssh.KexInit // only until both have agreed
	offered bool
	hassh   [2]string // OCSF's object, as that of a client and of a server
}

type dissector struct {
	sides    [2]side
	agreed   ssh.Agreed
	hostKey  string // its fingerprint
	reversed bool   // who opened the connection is the server of SSH
	judge    judge
	outcome  int
	doubtful []attempt
	emitted  bool
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	s := &d.sides[from]
	used := 0
	for len(data) > 0 {
		var n int
		switch s.stage {
		case greeting:
			n = d.greet(f, from, data)
		case exchanging:
			n = d.exchange(from, data)
		case encrypted:
			n = len(data)
			d.segment(f, from, n)
		default:
			n = len(data)
			if d.sides[from.Other()].stage == opaque {
				f.Stop()
			}
		}
		if n == 0 {
			return used
		}
		used += n
		data = data[n:]
	}
	return used
}

func (d *dissector) Gap(_ *dissect.Flow, from dissect.Side, n int) bool {
	d.judge.loss()
	if s := &d.sides[from]; s.stage != encrypted {
		s.stage = opaque // where the next packet begins is not known
	} else {
		d.judge.volume += n
	}
	return true
}

func (d *dissector) End(f *dissect.Flow) {
	if d.emitted {
		return
	}
	late := d.judge.end(d.manner())
	for _, a := range d.doubtful {
		a.doubt = false
		d.login(f, a)
	}
	for _, a := range late {
		a.doubt = false
		d.login(f, a)
	}
	d.session(f)
}

// manner tells how a client of this kind begins a login.
func (d *dissector) manner() manner {
	software := strings.ToLower(d.side(dissect.Client).version.Software)
	for _, name := range []string{"paramiko", "phpseclib", "sshj"} {
		if strings.Contains(software, name) {
			return blunt
		}
	}
	if strings.Contains(software, "libssh2") {
		return either // it is the program that decides
	}
	return polite
}

// side returns the side that is client or server of SSH, whoever opened the
// connection.
func (d *dissector) side(role dissect.Side) *side {
	if d.reversed {
		role = role.Other()
	}
	return &d.sides[role]
}

// greet takes a line up to and with the version string.
func (d *dissector) greet(f *dissect.Flow, from dissect.Side, data []byte) int {
	s := &d.sides[from]
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		if len(data) > maxVersion {
			s.stage = opaque
			return len(data)
		}
		return 0
	}
	version, ok := ssh.ParseVersion(bytes.TrimRight(data[:i], "\r"))
	switch {
	case ok:
		s.version = version
		s.stage = exchanging
		if !version.Two() {
			s.stage = opaque
		}
		if other := &d.sides[from.Other()]; other.version.Protocol != "" && !other.version.Two() {
			s.stage = opaque
		} else if s.stage == opaque && other.stage == exchanging {
			other.stage = opaque
		}
	case from == dissect.Client, s.lines == maxLines:
		f.Stop() // whatever it is, it does not speak SSH
	default:
		s.lines++
	}
	return i + 1
}

// exchange takes one packet of the key exchange.
func (d *dissector) exchange(from dissect.Side, data []byte) int {
	s := &d.sides[from]
	payload, size, err := ssh.Packet(data)
	switch {
	case errors.Is(err, ssh.ErrShort):
		return 0
	case err != nil:
		s.stage = opaque
		return len(data)
	}
	switch payload[0] {
	case ssh.MsgKexInit:
		d.offer(s, payload)
	case ssh.MsgKexFirst, ssh.MsgGexInit, ssh.MsgGexRequest:
		if from == dissect.Server && !d.reversed { // only clients send these
			d.reversed = true
			d.agree()
		}
	case ssh.MsgKexReply, ssh.MsgGexReply:
		group := strings.HasPrefix(d.agreed.Kex, "diffie-hellman-group-exchange")
		if key, _, ok := ssh.String(payload[1:]); ok && group == (payload[0] == ssh.MsgGexReply) {
			sum := sha256.Sum256(key)
			d.hostKey = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
		}
	case ssh.MsgNewKeys:
		s.stage = encrypted
		d.sides[0].offer, d.sides[1].offer = ssh.KexInit{}, ssh.KexInit{}
	}
	return size
}

// offer takes what one side offers.
func (d *dissector) offer(s *side, payload []byte) {
	k, ok := ssh.ParseKexInit(payload)
	if !ok || s.offered {
		return
	}
	s.offered = true
	s.hassh = [2]string{hassh(k, true), hassh(k, false)}
	if len(payload) <= maxOffer {
		s.offer = k
		d.agree()
	}
}

// agree settles the algorithms once both sides have made their offers.
func (d *dissector) agree() {
	client, server := d.side(dissect.Client), d.side(dissect.Server)
	if client.offer.Kex != "" && server.offer.Kex != "" {
		d.agreed = ssh.Agree(client.offer, server.offer)
		d.judge.pads = strings.HasPrefix(client.version.Software, "OpenSSH")
		d.judge.use(d.agreed)
	}
}

// segment takes the size of what was encrypted.
func (d *dissector) segment(f *dissect.Flow, from dissect.Side, n int) {
	a, ok := d.judge.segment((from == dissect.Client) != d.reversed, n, f.Now)
	if !ok {
		return
	}
	d.login(f, a)
	if a.outcome == event.Success {
		d.session(f)
		f.Stop() // what follows is work
	}
}

// login gives out an attempt to log on. Keys that an agent offers one after the
// other are no guesses, and not told.
func (d *dissector) login(f *dissect.Flow, a attempt) {
	if a.outcome == event.Failure && a.key {
		if d.outcome == 0 {
			d.outcome = a.outcome
		}
		return
	}
	if a.outcome == event.Failure && a.doubt {
		if len(d.doubtful) < maxDoubtful {
			d.doubtful = append(d.doubtful, a)
		}
		return
	}
	d.outcome = a.outcome
	e := f.Login("", a.outcome)
	e.Time = a.at
	e.SetBool(event.IsCleartext, false)
	e.AddUnmappedStr("client_software", d.side(dissect.Client).version.Software)
	if d.judge.inferred {
		e.AddUnmappedStr("judged_by", "volume")
	} else {
		e.AddUnmappedStr("judged_by", "size")
	}
	if d.reversed {
		e.AddUnmapped("reversed", "true")
	}
	f.Emit(e)
}

// session gives out the session as a whole.
func (d *dissector) session(f *dissect.Flow) {
	d.emitted = true
	client, server := d.side(dissect.Client), d.side(dissect.Server)
	if client.version.Protocol == "" && server.version.Protocol == "" {
		return
	}
	const open = 1
	e := f.Event(event.SSHActivity)
	e.SetActivity(open)
	e.SetTime(event.StartTime, f.Start)
	if d.outcome != 0 {
		e.SetStatus(d.outcome)
	}
	e.SetText(event.ProtocolVersion, version(client.version, server.version))
	if client.offered {
		e.SetStr(event.ClientHASSH, client.hassh[0])
	}
	if server.offered {
		e.SetStr(event.ServerHASSH, server.hassh[1])
	}
	e.AddUnmappedStr("client_software", client.version.Software)
	e.AddUnmappedStr("server_software", server.version.Software)
	e.AddUnmappedStr("kex_algorithm", d.agreed.Kex)
	e.AddUnmappedStr("host_key_algorithm", d.agreed.HostKey)
	e.AddUnmappedStr("host_key_fingerprint", d.hostKey)
	e.AddUnmappedStr("cipher", d.agreed.CipherOut)
	e.AddUnmappedStr("mac", d.agreed.MACOut)
	e.AddUnmappedStr("compression", d.agreed.CompressOut)
	if d.sides[0].stage == encrypted || d.sides[1].stage == encrypted {
		e.AddUnmappedInt("auth_attempts", int64(d.judge.attempts))
	}
	if d.outcome != 0 {
		e.AddUnmapped("auth_success", strconv.FormatBool(d.outcome == event.Success))
	}
	if d.reversed {
		e.AddUnmapped("reversed", "true")
	}
	f.Emit(e)
}

// version returns the version that two sides speak with each other.
func version(client, server ssh.Version) string {
	switch {
	case client.Protocol == "":
		return server.Protocol
	case server.Protocol == "":
		return client.Protocol
	case client.Two() && server.Two():
		return "2.0"
	case client.Two():
		return server.Protocol
	}
	return client.Protocol
}

// hassh returns OCSF's object.
func hassh(offer ssh.KexInit, client bool) string {
	fingerprint, algorithms := offer.HASSH(client)
	b := []byte(`{`)
	if len(algorithms) <= maxAlgorithms {
		b = append(b, `"algorithm":`...)
		b = event.AppendQuoted(b, algorithms)
		b = append(b, ',')
	}
	b = append(b, `"fingerprint":{"algorithm":"MD5","algorithm_id":1,"value":"`...)
	b = append(b, fingerprint...)
	return string(append(b, `"}}`...))
}

// probe: both sides begin with a version string; a server may put lines before
// its own.
func probe(o dissect.Opening) dissect.Verdict {
	const prefix = "SSH-"
	client := o.Client[:min(len(o.Client), len(prefix))]
	if !strings.HasPrefix(prefix, string(client)) {
		return dissect.No
	}
	for _, side := range [][]byte{o.Client, o.Server} {
		i := bytes.IndexByte(side, '\n')
		if i < 0 || !bytes.HasPrefix(side, []byte(prefix)) {
			continue
		}
		if _, ok := ssh.ParseVersion(bytes.TrimRight(side[:i], "\r")); ok {
			return dissect.Yes
		}
		return dissect.No
	}
	if len(client) == 0 && len(o.Server) > 0 {
		server := o.Server[:min(len(o.Server), len(prefix))]
		if !strings.HasPrefix(prefix, string(server)) && len(o.Server) >= maxVersion {
			return dissect.No
		}
	}
	return dissect.More
}
