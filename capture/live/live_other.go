//go:build !linux

package live

import "github.com/bongsu/bongsu/capture"

// A Reader would return packets; here there are none.
type Reader struct{}

// Open returns ErrUnsupported, with a hint.
func Open(Config) (*Reader, error) {
	return nil, &missing{err: ErrUnsupported, do: unsupported.Say(nil)}
}

// Next returns ErrUnsupported.
func (*Reader) Next(*capture.Packet) error { return ErrUnsupported }

// Interface returns "".
func (*Reader) Interface() string { return "" }

// Stats returns zeros.
func (*Reader) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Reader) Close() error { return nil }
