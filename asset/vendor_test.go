package asset_test

import (
	"testing"

	"github.com/bongsu/bongsu/asset"
)

func TestVendors(t *testing.T) {
	for text, want := range map[string]struct {
		vendor string
		random bool
	}{
		"00:17:88:24:76:ff": {"Philips Lighting", false},
		"94-10-3E-41-C2-05": {"Belkin International", false},
		"52:54:00:12:34:56": {"QEMU/KVM", false},
		"02:42:ac:11:00:02": {"Docker", false},
		"da:a1:19:00:00:01": {"", true},
		// A block that is given out in parts: 28 and 36 bits.
		"70:b3:d5:00:10:00": {"SOREDI touch systems", false},
	} {
		m, ok := asset.ParseMAC(text)
		if got := vendors().Of(m); !ok || got != want.vendor || m.Random() != want.random {
			t.Errorf("%s: %q, random %v, want %+v", text, got, m.Random(), want)
		}
	}
	for _, text := range []string{"", "00:17:88:24:76", "00:17:88:24:76:fg", "00.17.88.24.76.ff", "00:17:88:24:76:ff:00"} {
		if m, ok := asset.ParseMAC(text); ok {
			t.Errorf("%q is %s", text, m)
		}
	}
}

func FuzzMAC(f *testing.F) {
	f.Add("00:17:88:24:76:ff")
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := asset.ParseMAC(text)
		if !ok {
			return
		}
		if again, ok := asset.ParseMAC(m.String()); !ok || again != m {
			t.Errorf("%q became %s", text, m)
		}
		_ = vendors().Of(m)
	})
}
