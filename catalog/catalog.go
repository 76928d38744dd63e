// Package catalog is the one list of everything that can be plugged in. Nothing
// registers itself: to add a plug-in, add a line here.
package catalog

import (
	"slices"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/access"
	"github.com/bongsu/bongsu/decode/auth"
	"github.com/bongsu/bongsu/decode/cef"
	"github.com/bongsu/bongsu/decode/eve"
	"github.com/bongsu/bongsu/decode/flow"
	"github.com/bongsu/bongsu/decode/leef"
	"github.com/bongsu/bongsu/decode/ocsf"
	"github.com/bongsu/bongsu/decode/syslog"
	"github.com/bongsu/bongsu/decode/zeek"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/detect/beacon"
	"github.com/bongsu/bongsu/detect/cleartext"
	"github.com/bongsu/bongsu/detect/guess"
	"github.com/bongsu/bongsu/detect/longconn"
	"github.com/bongsu/bongsu/detect/scan"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dhcp"
	"github.com/bongsu/bongsu/dissect/dns"
	"github.com/bongsu/bongsu/dissect/ftp"
	"github.com/bongsu/bongsu/dissect/http"
	"github.com/bongsu/bongsu/dissect/imap"
	"github.com/bongsu/bongsu/dissect/kerberos"
	"github.com/bongsu/bongsu/dissect/pop3"
	"github.com/bongsu/bongsu/dissect/smtp"
	"github.com/bongsu/bongsu/dissect/ssh"
	"github.com/bongsu/bongsu/dissect/telnet"
	"github.com/bongsu/bongsu/dissect/tls"
)

// Decoders returns the log formats, the most particular first: a line goes to
// the first that takes it.
func Decoders() []decode.Kind {
	return []decode.Kind{
		eve.Kind(),
		zeek.Kind(),
		ocsf.Kind(),
		flow.Kind(),
		cef.Kind(),
		leef.Kind(),
		auth.Kind(),
		access.Kind(),
		syslog.Kind(),
	}
}

// Protocols returns the protocols that are looked for in packets.
func Protocols() []dissect.Kind {
	return []dissect.Kind{
		tls.Kind(),
		http.Kind(),
		dns.Kind(),
		dhcp.Kind(),
		ftp.Kind(),
		smtp.Kind(),
		imap.Kind(),
		pop3.Kind(),
		ssh.Kind(),
		kerberos.Kind(),
		telnet.Kind(),
	}
}

// Detectors returns the detectors.
func Detectors() []detect.Kind {
	return slices.Concat(
		[]detect.Kind{scan.Kind()},
		guess.Kinds(),
		beacon.Kinds(),
		[]detect.Kind{cleartext.Kind(), longconn.Kind()},
	)
}
