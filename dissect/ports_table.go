package dissect

// wellKnown reports whether a port is usually a server's. It is asked only of
// flows whose beginning was not seen.
func wellKnown(t Transport, port uint16) bool { return wellKnownPorts[portKey{t, port}] }

// From the IANA registry of service names, those that are common.
var wellKnownPorts = func() map[portKey]bool {
	m := map[portKey]bool{}
	for _, p := range [...]uint16{
		20, 21, 22, 23, 25, 53, 79, 80, 81, 88, 102, 110, 111, 113, 119, 135, 139, 143, 179, 389, 443, 445, 465, 502, 513, 514,
		515, 548, 554, 563, 585, 587, 614, 631, 636, 873, 989, 990, 992, 993, 995, 1080, 1194, 1433, 1434, 1521, 1723, 1883, 2049,
		2404, 2811, 3128, 3268, 3306, 3389, 4840, 5060, 5061, 5222, 5223, 5269, 5432, 5672, 5900, 5985, 5986, 6379, 6666, 6667, 6668,
		6669, 8000, 8008, 8080, 8443, 8883, 8888, 9042, 9092, 9100, 9200, 11211, 20000, 27017, 44818,
	} {
		m[portKey{TCP, p}] = true
	}
	for _, p := range [...]uint16{
		53, 67, 69, 88, 111, 123, 137, 138, 161, 162, 389, 443, 500, 514, 784, 1194, 1434, 1812, 1813, 1900, 2055, 2123, 2152,
		3478, 3544, 3702, 4500, 4789, 5060, 5072, 5353, 5355, 5683, 6081, 44818, 47808,
	} {
		m[portKey{UDP, p}] = true
	}
	return m
}()
