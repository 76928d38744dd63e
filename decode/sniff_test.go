package decode_test

import (
	"strings"
	"testing"

	"github.com/bongsu/bongsu/decode"
)

func TestSniffLines(t *testing.T) {
	for _, c := range []struct {
		head string
		want int
	}{
		{"", 0},
		{"\r\n \n", 0},
		{"other\nother\n", 0},
		{"mine\r\n\n \nmine", 98},
		{"mine\nother\n", 84},
		{"mine\nmine\n" + strings.Repeat("other\n", 9), 84}, // four lines are looked at
	} {
		got := decode.SniffLines([]byte(c.head), 4, 70, 98, func(line string) bool { return line == "mine" })
		if got != c.want {
			t.Errorf("SniffLines(%q) = %d, want %d", c.head, got, c.want)
		}
	}
}
