package syslog

import (
	"encoding/binary"
	"net"
	"syscall"
)

// controlSize is room for what the kernel says beside a datagram.
const controlSize = 64

// tune asks for a large buffer and for the kernel's count of what it dropped.
// Neither is needed in order to receive, so errors change nothing.
func tune(conn *net.UDPConn, buffer int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		// Past net.core.rmem_max only with CAP_NET_ADMIN.
		if syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, buffer) != nil {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer)
		}
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RXQ_OVFL, 1)
	})
}

// kernelDrops returns how many datagrams the kernel has dropped since the
// socket was opened. It tells only once it has dropped one.
func kernelDrops(control []byte) (dropped uint32, ok bool) {
	if len(control) == 0 {
		return 0, false
	}
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return 0, false
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_RXQ_OVFL && len(m.Data) >= 4 {
			return binary.NativeEndian.Uint32(m.Data), true
		}
	}
	return 0, false
}
