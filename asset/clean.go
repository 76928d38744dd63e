package asset

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean keeps of a text from outside what can be shown, at most maxValue bytes.
func clean(s string) string {
	ok := len(s) <= maxValue
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= 0x20 && s[i] < 0x7f
	}
	if ok {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxValue {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// hostName returns a name that can be a machine's, "" for one that names none
// or every one.
func hostName(s string) string {
	s = strings.TrimSuffix(clean(s), ".")
	switch {
	case s == "" || s == "-" || s == "*" || s == "(none)" || s == "localhost" || strings.HasPrefix(s, "localhost."):
		return ""
	case strings.IndexByte(s, '.') < 0 && strings.IndexByte(s, ':') < 0:
		return s
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return ""
	}
	return s
}

// shortName is the part of a name by which machines are compared.
func shortName(s string) string {
	first, _, _ := strings.Cut(s, ".")
	return strings.ToLower(first)
}

// generic are names that a maker gives to all of a kind, so that they say
// nothing of which one it is.
var generic = map[string]bool{
	"android": true, "iphone": true, "ipad": true, "macbook": true, "macbook-pro": true, "macbook-air": true, "imac": true,
	"apple-tv": true, "watch": true, "galaxy": true, "localhost": true, "ubuntu": true, "debian": true, "raspberrypi": true,
	"kali": true, "linux": true, "openwrt": true, "router": true, "gateway": true, "printer": true, "host": true, "client": true,
	"server": true, "pc": true, "laptop": true, "desktop": true, "wlan0": true, "eth0": true, "espressif": true, "unknown": true,
	"default": true, "camera": true, "dhcp": true, "user": true, "workgroup": true, "home": true, "test": true, "": true,
}
