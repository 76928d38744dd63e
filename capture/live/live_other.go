//go:build !linux

package live

import (
	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/text"
)

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

var unsupported = text.Message{
	EN: "Packets can be captured on Linux only. Elsewhere, write them to a file with tcpdump and upload it, or give it to `bongsu analyze`.",
	KO: "패킷 수집은 Linux에서만 할 수 있습니다. 다른 시스템에서는 tcpdump로 파일에 저장해 올리거나 `bongsu analyze`로 분석해 주세요.",
}
