package audit

import (
	"strings"
	"testing"
)

func TestParseAnchor(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	for text, want := range map[string]uint64{
		"5 " + hash + "\n":                    5,
		"9223372036854775807 " + hash:         9223372036854775807,
		"9223372036854775808 " + hash:         0,
		"0 " + hash:                           0,
		"-1 " + hash:                          0,
		"5 " + strings.ToUpper(hash):          0,
		"5 " + hash[2:]:                       0,
		"5 " + hash + "0a":                    0,
		"5  " + hash:                          0,
		"5 " + hash + "\n\n":                  0,
		"5 " + strings.Repeat("zz", 32):       0,
		"5":                                   0,
		"":                                    0,
		"\x00\xff":                            0,
		strings.Repeat("9", 100) + " " + hash: 0,
	} {
		head, err := parseAnchor(text)
		if (err == nil) != (want > 0) || head.Sequence != want || err == nil && head.Hash != hash {
			t.Errorf("%q is read as %+v, %v", text, head, err)
		}
	}
}
