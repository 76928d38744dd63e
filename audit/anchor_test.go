package audit

import (
	"strings"
	"testing"
)

func FuzzParseAnchor(f *testing.F) {
	f.Add("5 " + strings.Repeat("0a", 32) + "\n")
	f.Add("0 ")
	f.Add("18446744073709551615 ff")
	f.Fuzz(func(t *testing.T, text string) {
		head, err := parseAnchor(text)
		if err == nil && (head.Sequence == 0 || len(head.Hash) != 64) {
			t.Errorf("%q is read as %+v", text, head)
		}
	})
}
