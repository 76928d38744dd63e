package asn1_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/asn1"
)

func TestNext(t *testing.T) {
	for _, c := range []struct {
		in   string
		want asn1.Element
		rest string
		err  error
	}{
		{"\x02\x01\x05tail", asn1.Element{Tag: asn1.Integer, Body: []byte{5}}, "tail", nil},
		{"\x6a\x81\x02ab", asn1.Element{Class: asn1.Application, Constructed: true, Tag: 10, Body: []byte("ab")}, "", nil},
		{"\x7f\x82\x05\x01x", asn1.Element{Class: asn1.Application, Constructed: true, Tag: 261, Body: []byte("x")}, "", nil},
		{"\x30", asn1.Element{}, "", asn1.ErrShort},
		{"\x30\x82\x01", asn1.Element{}, "", asn1.ErrShort},
		{"\x30\x05abc", asn1.Element{}, "", asn1.ErrShort},
		{"\x30\x80\x00\x00", asn1.Element{}, "", asn1.ErrLength},
		{"\x30\x85\x01\x00\x00\x00\x00", asn1.Element{}, "", asn1.ErrLength},
		{"\x7f\xff\xff\xff\xff\xff\x01\x00", asn1.Element{}, "", asn1.ErrTag},
		{"\x30\x84\xff\xff\xff\xffx", asn1.Element{}, "", asn1.ErrShort},
	} {
		e, rest, err := asn1.Next([]byte(c.in))
		if diff := cmp.Diff(c.want, e); diff != "" || string(rest) != c.rest || !errors.Is(err, c.err) {
			t.Errorf("Next(%x): rest %q, error %v (-want +got):\n%s", c.in, rest, err, diff)
		}
	}
}

func TestField(t *testing.T) {
	seq := []byte("\xa0\x03\x02\x01\x05\xa2\x03\x02\x01\xff")
	for tag, want := range map[uint32]int64{0: 5, 2: -1} {
		e, ok := asn1.Field(seq, tag)
		if n, _ := asn1.Int(e.Body); !ok || n != want {
			t.Errorf("field %d: %v, %v", tag, e, ok)
		}
	}
	if _, ok := asn1.Field(seq, 1); ok {
		t.Error("field 1 is not there")
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("\x30\x03\x02\x01\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			e, rest, err := asn1.Next(b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) || len(e.Body)+len(rest) >= len(b) {
				t.Fatalf("no step ahead: %x", b)
			}
			b = rest
		}
	})
}
