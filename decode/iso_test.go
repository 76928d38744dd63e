package decode_test

import (
	"testing"
	"time"

	"github.com/bongsu/bongsu/decode"
)

func TestParseISO(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	for in, want := range map[string]string{
		"2026-03-01T18:30:00.123456+0900": "2026-03-01T09:30:00.123456Z",
		"2026-03-01T09:30:00Z":            "2026-03-01T09:30:00Z",
		"2026-03-01T09:30:00.123456789Z":  "2026-03-01T09:30:00.123456789Z",
		"2026-03-01T02:00:00.5-07:30":     "2026-03-01T09:30:00.5Z",
		"2026/03/01 18:30:00.1":           "2026-03-01T09:30:00.1Z", // in the zone given
		"2026-03-01 18:30:00":             "2026-03-01T09:30:00Z",
		"2026-13-01T18:30:00":             "",
		"2026-03-01T18:30:00+09":          "",
		"2026-03-01T18:30:00 later":       "",
		"9999-12-31T23:59:59Z":            "", // its nanoseconds fit no column
		"0001-01-01T00:00:00Z":            "",
		"XXXX-XX-XXTXX:XX:XX":             "",
		"2026-03-01":                      "",
		"":                                "",
	} {
		got, ok := decode.ParseISO(in, seoul)
		text := ""
		if ok {
			text = got.Format(time.RFC3339Nano)
		}
		if text != want {
			t.Errorf("%q: %s, want %s", in, text, want)
		}
	}
}
