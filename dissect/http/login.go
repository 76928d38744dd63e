package http

import (
	"bytes"
	"encoding/base64"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
	"github.com/bongsu/bongsu/wire/ntlm"
)

// An attempt is one login, without the password.
type attempt struct {
	user    string // "-" where the request has a password and no name
	domain  string
	scheme  scheme
	proxy   bool // the proxy is asked, not the server
	stale   bool // refused for its age only (RFC 7616 §3.3)
	present bool
}

type scheme uint8

const (
	byForm scheme = iota
	byBasic
	byDigest
	byNTLM
)

const maxUser = 256

// protocol returns OCSF's auth_protocol_id and its caption; a form has none.
func (s scheme) protocol() (id int64, caption string) {
	switch s {
	case byBasic:
		return 11, "Basic Authentication"
	case byDigest:
		return 3, "Digest"
	case byNTLM:
		return 1, "NTLM"
	}
	return 0, ""
}

// credentials reads the value of an Authorization field.
func credentials(value []byte) attempt {
	word, rest, _ := bytes.Cut(value, []byte(" "))
	rest = bytes.TrimSpace(rest)
	switch {
	case is(word, "basic"): // RFC 7617 §2
		b := fromBase64(rest)
		user, _, ok := bytes.Cut(b, []byte(":"))
		if !ok {
			return attempt{}
		}
		return attempt{user: clip(user, maxUser), scheme: byBasic, present: true}
	case is(word, "digest"): // RFC 7616 §3.4
		if user := quotedParam(rest, "username"); user != "" {
			return attempt{user: user, scheme: byDigest, present: true}
		}
	case is(word, "ntlm"), is(word, "negotiate"):
		if m, ok := ntlm.Parse(fromBase64(rest)); ok && m.User != "" {
			return attempt{user: m.User, domain: m.Domain, scheme: byNTLM, present: true}
		}
	}
	return attempt{}
}

func fromBase64(text []byte) []byte {
	const most = 8 << 10
	if len(text) > most {
		return nil
	}
	text = bytes.TrimRight(text, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(out, text)
	if err != nil {
		return nil
	}
	return out[:n]
}

// quotedParam returns a parameter in quotes of a list of parameters; name is
// lower-case.
func quotedParam(list []byte, name string) string {
	for i := 0; i+len(name) < len(list); i++ {
		if !startsFold(list[i:], name) || i > 0 && list[i-1] != ' ' && list[i-1] != ',' {
			continue
		}
		rest := bytes.TrimLeft(list[i+len(name):], " ")
		if len(rest) < 2 || rest[0] != '=' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " ")
		if len(rest) == 0 || rest[0] != '"' {
			continue
		}
		out := make([]byte, 0, 32)
		for j := 1; j < len(rest) && rest[j] != '"' && len(out) < maxUser; j++ {
			if rest[j] == '\\' && j+1 < len(rest) {
				j++
			}
			out = append(out, rest[j])
		}
		return string(out)
	}
	return ""
}

// form reads the body of a request that may be a login.
func (d *follower) form(_ *dissect.Flow, body []byte) {
	x := d.asking
	if x == nil {
		return
	}
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '{' {
		x.form = jsonLogin(b)
		return
	}
	x.form = formLogin(body)
}

// isForm knows the types of bodies in which browsers and apps log on.
func isForm(kind []byte) bool {
	return is(kind, "application/x-www-form-urlencoded") || is(kind, "application/json")
}

// formLogin finds user and password among the fields of a form.
func formLogin(body []byte) attempt {
	var a attempt
	best := 0
	for len(body) > 0 {
		var pair []byte
		pair, body = cutPair(body)
		key, value, _ := bytes.Cut(pair, []byte("="))
		if len(value) == 0 {
			continue
		}
		var room [maxKey]byte
		k := plainKey(room[:0], key)
		if isPasswordKey(k) {
			a.present = true
		} else if rank := userRank(k); rank > best {
			best = rank
			a.user = clip(unescape(value), maxUser)
		}
	}
	return a.settled()
}

// jsonLogin finds them among the members of an object.
func jsonLogin(body []byte) attempt {
	if !bytes.Contains(body, []byte("pw")) && !bytes.Contains(body, []byte("ass")) && !bytes.Contains(body, []byte("PW")) && !bytes.Contains(body, []byte("ASS")) {
		return attempt{} // most bodies are no login
	}
	var doc json.Doc
	if doc.Parse(body) != nil {
		return attempt{}
	}
	var a attempt
	best := 0
	doc.Root().Each(func(v json.Value) bool {
		if v.Kind() != json.String {
			return true
		}
		var room [maxKey]byte
		k := plainKey(room[:0], []byte(v.Key()))
		if isPasswordKey(k) {
			a.present = a.present || v.Str() != ""
		} else if rank := userRank(k); rank > best && v.Str() != "" {
			best = rank
			a.user = clip([]byte(v.Str()), maxUser)
		}
		return true
	})
	return a.settled()
}

func (a attempt) settled() attempt {
	if !a.present {
		return attempt{}
	}
	if a.user == "" {
		a.user = "-"
	}
	return a
}

// giveLogin gives an attempt out with the outcome that the status tells.
func (d *follower) giveLogin(f *dissect.Flow, a attempt, code int, at time.Time) {
	if !a.present {
		return
	}
	outcome := a.outcome(code)
	if a.stale && outcome == event.Failure {
		return
	}
	if outcome == event.Success && a.scheme != byForm {
		// Such a login stands in every request of a session: tell it once.
		if who := a.domain + "\x00" + a.user; d.welcomed != who {
			d.welcomed = who
		} else {
			return
		}
	}
	e := f.Login(a.user, outcome)
	e.Time = at
	e.SetBool(event.IsCleartext, a.scheme == byForm || a.scheme == byBasic)
	e.SetText(event.UserDomain, a.domain)
	if id, caption := a.scheme.protocol(); id != 0 {
		e.SetInt(event.AuthProtocolID, id)
		e.SetStr(event.AuthProtocol, caption)
	}
	if code != 0 {
		e.SetStr(event.StatusCode, statusText(code))
	}
	f.Emit(e)
}

// outcome reads the status. A form that is refused usually comes back with 200,
// one that is accepted usually leads elsewhere, but neither is sure.
func (a attempt) outcome(code int) int {
	refused := code == 401 || code == 403
	if a.proxy {
		refused = code == 407
	}
	switch {
	case code == 0:
		return 0
	case refused:
		return event.Failure
	case a.scheme == byForm:
		return 0
	case a.proxy, code/100 == 2, code/100 == 3:
		return event.Success
	}
	return 0
}

func statusText(code int) string {
	return string([]byte{byte('0' + code/100%10), byte('0' + code/10%10), byte('0' + code%10)})
}
