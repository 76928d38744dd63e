package event

// ConnActivity returns the activity of Network Activity that a Zeek connection
// state stands for
// (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html).
// Everything that follows flows, whoever saw them, says how they ended with it.
func ConnActivity(state string) int {
	switch state {
	case "S0", "SH":
		return ConnFail
	case "REJ":
		return ConnRefuse
	case "RSTO", "RSTR", "RSTOS0", "RSTRH":
		return ConnReset
	case "SF":
		return ConnClose
	case "S1", "S2", "S3":
		return ConnOpen
	}
	return ConnTraffic
}
