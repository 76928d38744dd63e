// Package mail reads the header of a message (RFC 5322) as far as it tells who
// wrote to whom about what. Bodies and attachments are not looked into.
package mail

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
)

// Bounds of what a Header keeps.
const (
	MaxSize      = 32 << 10 // of a whole header; the rest is taken for body
	MaxValue     = 2048     // of one value
	MaxAddresses = 64
)

// A Header is what the header of one message says.
type Header struct {
	From               string   // address alone, "" where it is none
	FromText           string   // as written, decoded
	To, Cc             []string // addresses alone
	Subject, MessageID string   // decoded
	Mailer             string   // X-Mailer or User-Agent
}

// A Reader takes the bytes of a message and keeps its header. The zero Reader
// is ready.
type Reader struct {
	kept []byte
	over bool
}

// Write takes the next bytes and reports whether the header is complete.
func (r *Reader) Write(b []byte) bool {
	if r.over {
		return true
	}
	from := max(len(r.kept)-3, 0)
	r.kept = append(r.kept, b[:min(len(b), MaxSize-len(r.kept))]...)
	if end := headerEnd(r.kept, from); end >= 0 {
		r.kept = r.kept[:end]
		r.over = true
	} else if len(r.kept) >= MaxSize {
		r.over = true
	}
	return r.over
}

// headerEnd returns where the empty line begins, -1 where there is none. It
// looks from a place on, or at the very beginning.
func headerEnd(b []byte, from int) int {
	if bytes.HasPrefix(b, []byte("\r\n")) || bytes.HasPrefix(b, []byte("\n")) {
		return 0
	}
	for i := from; i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		rest := b[i+1:]
		if bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")) {
			return i + 1
		}
	}
	return -1
}

// Header reads what has been kept so far.
func (r *Reader) Header() Header {
	var h Header
	name, value := "", ""
	flush := func() {
		h.set(name, value)
		name, value = "", ""
	}
	for text := range bytes.SplitSeq(r.kept, []byte("\n")) {
		text = bytes.TrimRight(text, "\r")
		if len(text) == 0 {
			continue
		}
		if text[0] == ' ' || text[0] == '\t' { // folded, RFC 5322 §2.2.3
			if name != "" && len(value) < MaxValue {
				value += " " + strings.TrimSpace(string(text[:min(len(text), MaxValue)]))
			}
			continue
		}
		flush()
		n, v, ok := strings.Cut(string(text[:min(len(text), MaxValue)]), ":")
		if ok {
			name, value = strings.ToLower(strings.TrimSpace(n)), strings.TrimSpace(v)
		}
	}
	flush()
	return h
}

func (h *Header) set(name, value string) {
	switch name {
	case "from":
		if h.FromText == "" {
			h.FromText = decode(value)
			if list := Addresses(value); len(list) > 0 {
				h.From = list[0]
			}
		}
	case "to":
		h.To = more(h.To, value)
	case "cc":
		h.Cc = more(h.Cc, value)
	case "subject":
		if h.Subject == "" {
			h.Subject = decode(value)
		}
	case "message-id":
		if h.MessageID == "" {
			h.MessageID = value
		}
	case "x-mailer", "user-agent":
		if h.Mailer == "" {
			h.Mailer = decode(value)
		}
	}
}

func more(list []string, value string) []string {
	list = append(list, Addresses(value)...)
	return list[:min(len(list), MaxAddresses)]
}

// decode resolves RFC 2047; a charset that is not known leaves the text as it is.
func decode(value string) string {
	var d mime.WordDecoder
	if s, err := d.DecodeHeader(value); err == nil {
		return s
	}
	return value
}

// Addresses returns the bare addresses of a list, also of one that is not quite
// by the rules, as mail from programs often is.
func Addresses(value string) []string {
	var out []string
	if list, err := mail.ParseAddressList(value); err == nil {
		for _, a := range list {
			if s := Address(a.Address); s != "" && len(out) < MaxAddresses {
				out = append(out, s)
			}
		}
		return out
	}
	for part := range strings.SplitSeq(value, ",") {
		if i := strings.LastIndexByte(part, '<'); i >= 0 {
			part = part[i+1:]
			if j := strings.IndexByte(part, '>'); j >= 0 {
				part = part[:j]
			}
		}
		if s := Address(part); s != "" && len(out) < MaxAddresses {
			out = append(out, s)
		}
	}
	return out
}

// Address returns the address in s, with or without its angle brackets, or ""
// where it is not of the form name@domain.tld that OCSF asks for.
func Address(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
	s = strings.Trim(s, "'\"")
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 320 {
		return ""
	}
	for _, c := range []byte(s[:at]) {
		if !isAlnum(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return ""
		}
	}
	domain := s[at+1:]
	dot := strings.IndexByte(domain, '.')
	if dot < 1 || dot == len(domain)-1 {
		return ""
	}
	for _, c := range []byte(domain) {
		if !isAlnum(c) && c != '-' && c != '.' {
			return ""
		}
	}
	return s
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
