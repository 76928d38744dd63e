//go:build !linux

package syslog

import "net"

const controlSize = 0

// tune asks for a large buffer. It is not needed in order to receive.
func tune(conn *net.UDPConn, buffer int) { _ = conn.SetReadBuffer(buffer) }

// kernelDrops knows nothing here: only Linux tells.
func kernelDrops([]byte) (uint32, bool) { return 0, false }
