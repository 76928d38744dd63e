package syslog

// Framer lets the fuzz test drive the framing without a socket.
type Framer struct{ f framer }

// Next is the framer's.
func (f *Framer) Next(b []byte, limit int, last bool) (body []byte, cut bool, used int, ok bool) {
	return f.f.next(b, limit, last)
}
