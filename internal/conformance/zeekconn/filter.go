package zeekconn

import (
	"github.com/bongsu/bongsu/capture"
)

// compileFilter turns a pcap filter into a function.
func compileFilter(text string) (func(*capture.Packet) bool, error) {
	return func(*capture.Packet) bool { return true }, nil
}
