package kerberos_test

import (
	"testing"

	"github.com/bongsu/bongsu/wire/kerberos"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x7e\x1d\x30\x1b\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa6\x03\x02\x01\x18\xa9\x0a\x1b\x08EXAMPLE.COM"))
	f.Add([]byte("\x6a\x10\x30\x0e\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x02\x30\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := kerberos.Parse(b)
		if ok && len(m.User)+len(m.Realm)+len(m.Service) > 3*len(b) {
			t.Errorf("more names than bytes: %+v", m)
		}
	})
}

func TestParse(t *testing.T) {
	m, ok := kerberos.Parse([]byte("\x6a\x10\x30\x0e\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x02\x30\x00"))
	if !ok || m.Type != kerberos.ASRequest || m.User != "" {
		t.Errorf("an empty request: %+v, %v", m, ok)
	}
	for _, in := range []string{"", "\x6a", "\x30\x00", "\x6a\x02\x30\x00", "\x6e\x10\x30\x0e\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e\xa4\x02\x30\x00"} {
		if m, ok := kerberos.Parse([]byte(in)); ok {
			t.Errorf("Parse(%x) = %+v", in, m)
		}
	}
	if kerberos.ErrorName(24) != "KDC_ERR_PREAUTH_FAILED" || kerberos.ErrorName(-1) != "" {
		t.Error("names of errors")
	}
}
