package ja4

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/wire/tlshello"
)

// What the description gives as examples.
var (
	hashLine     = regexp.MustCompile(`(?m)^([0-9a-f]{4}(?:,[0-9a-f]{4})*(?:_[0-9a-f]{4}(?:,[0-9a-f]{4})*)?) = ([0-9a-f]{12})\s*$`)
	versionLine  = regexp.MustCompile(`(?m)^0x([0-9a-f]{4}) = [A-Z]+ [0-9.]+ = [“"]([0-9a-z]{2})[”"]`)
	protocolLine = regexp.MustCompile("(?m)^\\* `((?:0x[0-9A-F]{2} ?)+)` would be printed as \"([0-9a-f]{2})\"")
	valueLine    = regexp.MustCompile(`(?m)^(?:JA4|JA4_r|JA4_ro) = (\S+)\s*$`)
	hashedValue  = regexp.MustCompile(`^[tqd][0-9a-z]{2}[di]\d{4}.._[0-9a-f]{12}_[0-9a-f]{12}$`)
)

// pageCases returns a case for each example of the description.
func pageCases(text string) []conformance.Case {
	var cases []conformance.Case
	add := func(id, want string, have func() string) {
		cases = append(cases, conformance.Case{ID: id, Run: func() error {
			if got := have(); got != want {
				return fmt.Errorf("want %s, have %s", want, got)
			}
			return nil
		}})
	}
	for _, m := range hashLine.FindAllStringSubmatch(text, -1) {
		list, signatures, signed := strings.Cut(m[1], "_")
		if !signed {
			add("list of ciphers "+m[1], m[2], func() string {
				h := tlshello.ClientHello{Ciphers: numbers(list)}
				return part(h.JA4(tlshello.OverTCP), 1)
			})
		}
		add("list of extensions "+m[1], m[2], func() string {
			h := tlshello.ClientHello{Extensions: kinds(numbers(list)), SignatureAlgorithms: numbers(signatures)}
			return part(h.JA4(tlshello.OverTCP), 2)
		})
	}
	for _, m := range versionLine.FindAllStringSubmatch(text, -1) {
		add("version "+m[1], m[2], func() string {
			h := tlshello.ClientHello{Version: numbers(m[1])[0]}
			return h.JA4(tlshello.OverTCP)[1:3]
		})
	}
	for _, m := range protocolLine.FindAllStringSubmatch(text, -1) {
		add("protocol "+m[1], m[2], func() string {
			b, err := hex.DecodeString(strings.NewReplacer("0x", "", " ", "").Replace(m[1]))
			if err != nil {
				return err.Error()
			}
			h := tlshello.ClientHello{Protocols: []string{string(b)}}
			return part(h.JA4(tlshello.OverTCP), 0)[8:10]
		})
	}
	// Each raw form belongs to the fingerprint before it.
	last := ""
	for _, m := range valueLine.FindAllStringSubmatch(text, -1) {
		if hashedValue.MatchString(m[1]) {
			last = m[1]
			continue
		}
		if want := last; want != "" {
			add("raw form "+m[1], want, func() string { return fromRaw(m[1]) })
		}
	}
	return cases
}

// fromRaw computes the fingerprint of the hello that a raw form describes. The
// sorted form leaves server name and protocol out of its list.
func fromRaw(raw string) string {
	parts := strings.Split(raw, "_")
	if len(parts) < 3 || len(parts[0]) != 10 {
		return "no raw form"
	}
	front := parts[0]
	h := tlshello.ClientHello{Ciphers: numbers(parts[1]), Extensions: kinds(numbers(parts[2]))}
	if len(parts) > 3 {
		h.SignatureAlgorithms = numbers(parts[3])
	}
	h.Version = map[string]uint16{"13": tlshello.TLS13, "12": tlshello.TLS12, "11": tlshello.TLS11, "10": tlshello.TLS10, "s3": tlshello.SSL3, "s2": tlshello.SSL2}[front[1:3]]
	has := map[uint16]bool{}
	for _, x := range h.Extensions {
		has[x.Type] = true
	}
	if front[3] == 'd' && !has[0] {
		h.Extensions = append(h.Extensions, tlshello.Extension{})
	}
	if protocol := front[8:]; protocol != "00" {
		h.Protocols = []string{protocol}
		if !has[16] {
			h.Extensions = append(h.Extensions, tlshello.Extension{Type: 16})
		}
	}
	return h.JA4(front[0])
}

func part(ja4 string, i int) string {
	if parts := strings.Split(ja4, "_"); i < len(parts) {
		return parts[i]
	}
	return ""
}

func numbers(list string) []uint16 {
	var out []uint16
	for _, s := range strings.Split(list, ",") {
		if n, err := strconv.ParseUint(s, 16, 16); err == nil {
			out = append(out, uint16(n))
		}
	}
	return out
}

func kinds(list []uint16) []tlshello.Extension {
	out := make([]tlshello.Extension, len(list))
	for i, n := range list {
		out[i].Type = n
	}
	return out
}
