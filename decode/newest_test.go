package decode_test

import (
	"strconv"
	"testing"

	"github.com/bongsu/bongsu/decode"
)

func TestNewestForgetsTheOldest(t *testing.T) {
	var n decode.Newest[int]
	n.Set("", 1)
	for i := range decode.MaxNewest {
		n.Set(strconv.Itoa(i), i+1)
	}
	n.Set("0", -1) // known: it takes no other's place
	last := strconv.Itoa(decode.MaxNewest - 1)
	for key, want := range map[string]int{"": 0, "0": -1, "1": 2, last: decode.MaxNewest} {
		if got := n.Get(key); got != want {
			t.Errorf("Get(%q) = %d, want %d", key, got, want)
		}
	}
	n.Set("one more", 7)
	for key, want := range map[string]int{"0": 0, "1": 2, last: decode.MaxNewest, "one more": 7} {
		if got := n.Get(key); got != want {
			t.Errorf("with one more, Get(%q) = %d, want %d", key, got, want)
		}
	}
}
