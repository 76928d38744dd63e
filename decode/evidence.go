package decode

import (
	"strconv"

	"github.com/bongsu/bongsu/event"
)

// Evidence is the connection on which another sensor's finding rests, as its
// log writes it; empty texts are unknown.
type Evidence struct {
	Src, Dst, Sport, Dport string
	Protocol, UID          string
}

// JSON returns OCSF's evidences with the connection as the one of them, "" if
// nothing is known of it.
func (v Evidence) JSON() string {
	b := []byte("[{")
	endpoint := func(name, host, port string) {
		ip, isIP := Address(host)
		if !isIP && Name(host) == "" {
			return
		}
		if len(b) > 2 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(append(b, name...), `":{`...)
		if isIP {
			b = event.AppendQuoted(append(b, `"ip":`...), ip)
		} else {
			b = event.AppendQuoted(append(b, `"hostname":`...), host)
		}
		if n, ok := Number(port); ok && n <= 65535 {
			b = strconv.AppendInt(append(b, `,"port":`...), n, 10)
		}
		b = append(b, '}')
	}
	if v.Protocol != "" || v.UID != "" {
		b = append(b, `"connection_info":{"direction_id":0`...)
		if v.Protocol != "" {
			b = event.AppendQuoted(append(b, `,"protocol_name":`...), v.Protocol)
		}
		if v.UID != "" {
			b = event.AppendQuoted(append(b, `,"uid":`...), v.UID)
		}
		b = append(b, '}')
	}
	endpoint("dst_endpoint", v.Dst, v.Dport)
	endpoint("src_endpoint", v.Src, v.Sport)
	if len(b) == 2 {
		return ""
	}
	return string(append(b, "}]"...))
}
