package dns

// Type is the type of a record (IANA, Domain Name System Parameters).
type Type uint16

// Types whose data is written in its own form.
const (
	A     Type = 1
	NS    Type = 2
	CNAME Type = 5
	SOA   Type = 6
	MB    Type = 7
	MG    Type = 8
	MR    Type = 9
	PTR   Type = 12
	HINFO Type = 13
	MX    Type = 15
	TXT   Type = 16
	AFSDB Type = 18
	RT    Type = 21
	AAAA  Type = 28
	SRV   Type = 33
	NAPTR Type = 35
	KX    Type = 36
	DNAME Type = 39
	OPT   Type = 41
	DS    Type = 43
	CDS   Type = 59
	SVCB  Type = 64
	HTTPS Type = 65
	SPF   Type = 99
	ANY   Type = 255
	CAA   Type = 257
)

// NetBIOS has two types of its own (RFC 1002 §4.2.1.3): a name, and the status
// of a node, whose numbers other types bear in the DNS.
const (
	NB     Type = 32
	NBSTAT Type = 33
)

// Class is the class of a record.
type Class uint16

// IN is the class of the Internet.
const IN Class = 1

// low holds the types below 128; the gaps are not assigned.
var low = [128]string{
	1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL",
	11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN",
	21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT",
	31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6", 39: "DNAME", 40: "SINK",
	41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3",
	51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 56: "NINFO", 57: "RKEY", 58: "TALINK", 59: "CDS", 60: "CDNSKEY",
	61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 66: "DSYNC",
	99: "SPF", 100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "NID", 105: "L32", 106: "L64", 107: "LP", 108: "EUI48", 109: "EUI64",
}

var highTypes = [...]struct {
	t    Type
	name string
}{
	{249, "TKEY"},
	{250, "TSIG"},
	{251, "IXFR"},
	{252, "AXFR"},
	{253, "MAILB"},
	{254, "MAILA"},
	{255, "ANY"},
	{256, "URI"},
	{257, "CAA"},
	{258, "AVC"},
	{259, "DOA"},
	{260, "AMTRELAY"},
	{261, "RESINFO"},
	{262, "WALLET"},
	{32768, "TA"},
	{32769, "DLV"},
	{65281, "WINS"},
	{65282, "WINS-R"},
}
