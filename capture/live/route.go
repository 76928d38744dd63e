package live

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// defaultRoute4 returns the interface of the default route with the lowest
// metric in the text of /proc/net/route, "" for none.
func defaultRoute4(table string) string {
	best, metric := "", uint64(math.MaxUint64)
	for line := range strings.Lines(table) {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask …
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		flags, err1 := strconv.ParseUint(f[3], 16, 32)
		m, err2 := strconv.ParseUint(f[6], 10, 64)
		if err1 == nil && err2 == nil && flags&1 != 0 && m < metric && f[0] != "lo" {
			best, metric = f[0], m
		}
	}
	return best
}

// defaultRoute6 does the same for /proc/net/ipv6_route.
func defaultRoute6(table string) string {
	best, metric := "", uint64(math.MaxUint64)
	for line := range strings.Lines(table) {
		// destination length source length next-hop metric refs use flags iface
		f := strings.Fields(line)
		if len(f) < 10 || f[1] != "00" || strings.Trim(f[0], "0") != "" || f[9] == "lo" {
			continue
		}
		m, err := hex.DecodeString(f[5])
		if err != nil || len(m) != 4 {
			continue
		}
		n := uint64(m[0])<<24 | uint64(m[1])<<16 | uint64(m[2])<<8 | uint64(m[3])
		if n < metric {
			best, metric = f[9], n
		}
	}
	return best
}
