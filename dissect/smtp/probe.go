package smtp

import (
	"bytes"
	"strings"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/wire/line"
	"github.com/bongsu/bongsu/wire/sasl"
)

// probe: the greeting often says SMTP; where it does not, the client's first
// command tells mail from file transfer.
func probe(o dissect.Opening) dissect.Verdict {
	greeted := false
	if len(o.Server) > 0 {
		text := o.Server
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			text = bytes.TrimRight(text[:i], "\r")
			greeted = true
		}
		if !bytes.HasPrefix([]byte("220"), text[:min(len(text), 3)]) && !bytes.HasPrefix([]byte("554"), text[:min(len(text), 3)]) &&
			!bytes.HasPrefix([]byte("421"), text[:min(len(text), 3)]) && !late(o.Client, text) || !line.Printable(bytes.TrimRight(text, "\r")) {
			return dissect.No
		}
		if greeted {
			if code, _ := line.Code(text); code == 0 {
				return dissect.No
			}
		}
		words := bytes.ToUpper(text)
		switch {
		case greeted && bytes.Contains(words, []byte("SMTP")) && bytes.HasPrefix(words, []byte("220")):
			return answered(o.Client, dissect.Yes)
		case bytes.Contains(words, []byte("FTP")):
			return dissect.No
		}
	}
	verdict := answered(o.Client, dissect.More)
	if verdict == dissect.Yes && !greeted && !hello(o.Client) {
		return dissect.More // others know STARTTLS and AUTH too
	}
	return verdict
}

// late reports whether a server that did not greet answers a client's hello:
// the greeting was not captured.
func late(client, text []byte) bool {
	return len(client) > 0 && hello(client) && bytes.HasPrefix([]byte("250"), text[:min(len(text), 3)])
}

// hello reports whether a client begins as only those of mail do.
func hello(client []byte) bool {
	verb, _ := line.Word(client[:min(len(client), 5)])
	switch verb {
	case "HELO", "EHLO", "LHLO", "MAIL":
		return true
	}
	return false
}

// answered judges the client's first line; until there is one, the verdict is
// that of the server's greeting.
func answered(client []byte, until dissect.Verdict) dissect.Verdict {
	if len(client) == 0 {
		return until
	}
	i := bytes.IndexByte(client, '\n')
	if i < 0 {
		if !line.Printable(bytes.TrimRight(client, "\r")) || len(client) > line.Max/8 {
			return dissect.No
		}
		return until
	}
	text := bytes.TrimRight(client[:i], "\r")
	verb, rest := line.Word(text)
	switch verb {
	case "HELO", "EHLO", "LHLO":
		if !line.Printable(text) {
			return dissect.No
		}
		return dissect.Yes
	case "STARTTLS":
		return dissect.Yes
	case "MAIL":
		if len(rest) >= 5 && strings.EqualFold(string(rest[:5]), "FROM:") {
			return dissect.Yes
		}
		return dissect.No
	case "AUTH":
		mechanism, _ := line.Word(rest)
		if sasl.Known(mechanism) && mechanism != "GSSAPI" { // FTP has that one too
			return dissect.Yes
		}
		return until
	case "NOOP", "HELP", "QUIT", "RSET", "VRFY", "EXPN":
		return until
	}
	if until == dissect.Yes && line.Printable(text) {
		return dissect.Yes // an unknown command to a server that says it is one
	}
	return dissect.No
}
