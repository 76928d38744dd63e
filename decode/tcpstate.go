package decode

// TCP flags, as RFC 9293 §3.1 places them.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// TCPState returns Zeek's name of how a connection went, from the flags that
// either side has ever set. The order in which they came is not known, so a
// reset after both sides were done counts as an ordinary end.
func TCPState(client, server uint8) string {
	reset := func(unclear string) string {
		switch {
		case client&FIN != 0 && server&FIN != 0:
			return "SF"
		case client&RST != 0:
			return "RSTO"
		case server&RST != 0:
			return "RSTR"
		}
		return unclear
	}
	switch {
	case client == 0 && server == 0:
		return ""
	case client&SYN != 0 && server&SYN != 0:
		switch {
		case client&FIN != 0 && server&FIN == 0:
			return reset("S2")
		case client&FIN == 0 && server&FIN != 0:
			return reset("S3")
		}
		return reset("S1")
	case client&SYN != 0 && server == 0:
		switch {
		case client&RST != 0:
			return "RSTOS0"
		case client&FIN != 0:
			return "SH"
		}
		return "S0"
	case client&SYN != 0 && server&RST != 0:
		return "REJ"
	case client&SYN != 0:
		return "OTH"
	case server&SYN != 0 && server&RST != 0:
		return "RSTRH"
	case server&SYN != 0 && server&FIN != 0:
		return "SHR"
	}
	return "OTH"
}
