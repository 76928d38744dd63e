// Package dissect turns packets into events: it follows flows, reassembles TCP,
// recognises protocols by their content and hands each flow to a dissector.
//
// Dissectors live in sub-packages, one protocol each; they see bytes of one
// direction of one flow and give events. To add one, see
// docs/adding-a-dissector.md.
package dissect

// Side is one end of a flow.
type Side uint8

// The sides. The client is who opened the connection.
const (
	Client Side = iota
	Server
)

// Other returns the opposite side.
func (s Side) Other() Side { return 1 - s }

// Transport is a set of transports.
type Transport uint8

// Transports.
const (
	TCP Transport = 1 << iota
	UDP
)

// Verdict is what a probe says.
type Verdict uint8

// Verdicts.
const (
	No   Verdict = iota // certainly another protocol
	More                // too little seen to tell
	Yes
)

// A Kind is one protocol.
type Kind struct {
	Name      string // IANA service name where there is one: "dns", "http", "ssh"
	Doc       string // one sentence
	Transport Transport
	// Ports are where the protocol usually is. They only set the order in
	// which probes are asked; recognition is by content.
	Ports []uint16
	// Probe judges the first bytes of a flow. It is pure, cheap, and never
	// keeps the slices.
	Probe func(Opening) Verdict
	// New returns a dissector for one flow.
	New func() Dissector
}

// Opening is what a flow began with: the first bytes in order of both sides,
// for UDP the first datagram of each side. Either may be empty. The engine asks
// again as more arrives, up to OpeningSize bytes a side.
type Opening struct {
	Client, Server         []byte
	ClientPort, ServerPort uint16
	Transport              Transport // exactly one
}

// OpeningSize is how many bytes of each side a probe sees at most.
const OpeningSize = 2048

// A Dissector follows one flow of one protocol. The engine owns buffering,
// order, loss and memory; a dissector owns the meaning.
type Dissector interface {
	// Feed hands over what is known of one side and not yet used: for TCP the
	// bytes in stream order, for UDP one datagram. It returns how many bytes
	// from the start of data it is done with. What is left is handed over
	// again, with more behind it, once more has arrived; for UDP the result is
	// ignored. Data is valid during the call only.
	//
	// Feed must not wait for a whole body: it uses what it has and calls
	// Flow.Skip for the rest. A dissector that leaves more than PendingSize
	// bytes unused is ended.
	Feed(f *Flow, from Side, data []byte) (used int)
	// Gap says that n bytes of one side were lost or not captured; what Feed
	// had left unused of that side is gone too. It returns false when the
	// dissector cannot go on.
	Gap(f *Flow, from Side, n int) bool
	// End is called once, when the flow has ended or the dissector was ended.
	// Requests without an answer are given out here.
	End(f *Flow)
}

// PendingSize bounds the bytes of one side that a dissector may leave unused.
const PendingSize = 64 << 10
