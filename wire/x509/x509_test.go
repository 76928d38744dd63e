package x509_test

import (
	"crypto/ed25519"
	stdx509 "crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/bongsu/bongsu/wire/x509"
	"github.com/google/go-cmp/cmp"
)

var (
	from = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	to   = time.Date(2057, 1, 2, 3, 4, 5, 0, time.UTC) // after 2049 the form of the time changes
)

func sign(t testing.TB, c, parent *stdx509.Certificate) []byte {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	der, err := stdx509.CreateCertificate(nil, c, parent, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func leaf() *stdx509.Certificate {
	return &stdx509.Certificate{
		SerialNumber: big.NewInt(0xabcdef012345),
		Subject: pkix.Name{
			Country: []string{"KR"}, Organization: []string{"Example, Inc."}, CommonName: "www.example.com",
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@example.com"}},
		},
		NotBefore: from, NotAfter: to,
		DNSNames: []string{"www.example.com", "*.example.com"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")},
		EmailAddresses: []string{"b@example.com"}, URIs: []*url.URL{{Scheme: "https", Host: "example.com", Path: "/x"}},
	}
}

func TestParse(t *testing.T) {
	root := &stdx509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "둥지 CA"}, NotBefore: from, NotAfter: to}
	tests := []struct {
		name string
		der  []byte
		want x509.Certificate
	}{
		{"leaf", sign(t, leaf(), root), x509.Certificate{
			Serial: "abcdef012345", Subject: `emailAddress=a@example.com,CN=www.example.com,O=Example\, Inc.,C=KR`, Issuer: "CN=둥지 CA",
			NotBefore: from, NotAfter: to,
			Names: []x509.Name{
				{Kind: "DNS", Value: "www.example.com"},
				{Kind: "DNS", Value: "*.example.com"},
				{Kind: "email", Value: "b@example.com"},
				{Kind: "IP Address", Value: "192.0.2.1"},
				{Kind: "IP Address", Value: "2001:db8::1"},
				{Kind: "URI", Value: "https://example.com/x"},
			},
		}},
		{"root", sign(t, root, root), x509.Certificate{Serial: "01", Subject: "CN=둥지 CA", Issuer: "CN=둥지 CA", NotBefore: from, NotAfter: to, SelfIssued: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := x509.Parse(tt.der)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the standard library refuses is still read: malware likes such
// certificates.
func TestOddCertificates(t *testing.T) {
	const name = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x1e\x01\xac" // a BMP string with half a letter
	tests := []struct {
		name, der string
		want      x509.Certificate
	}{
		{
			"negative serial number, no time, latin-1", "\x30\x25\x30\x23\x02\x01\xff\x30\x00" +
				"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x14\x02\xe9x\x30\x00\x30\x0b\x31\x09\x30\x07\x06\x03\x2a\x03\x04\x05\x00",
			x509.Certificate{Serial: "ff", Issuer: "O=éx", Subject: "1.2.3.4=#"},
		},
		{"cut name", "\x30\x28\x30\x26\x02\x02\x00\x00\x30\x00" + name + "\x30\x00" + name + "\x30\x00", x509.Certificate{Serial: "00", Issuer: "CN=", Subject: "CN=", SelfIssued: true}},
		{
			"v1 with a short time", "\x30\x27\x30\x25\x02\x01\x07\x30\x00\x30\x00\x30\x1a\x17\x0b5501020304Z\x17\x0b4912312359Z\x30\x00\x30\x00",
			x509.Certificate{Serial: "07", NotBefore: time.Date(1955, 1, 2, 3, 4, 0, 0, time.UTC), NotAfter: time.Date(2049, 12, 31, 23, 59, 0, 0, time.UTC)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := stdx509.ParseCertificate([]byte(tt.der)); err == nil {
				t.Fatal("not odd")
			}
			got, _ := x509.Parse([]byte(tt.der))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sign(f, leaf(), leaf()))
	f.Fuzz(func(t *testing.T, der []byte) {
		got, err := x509.Parse(der)
		c, stdErr := stdx509.ParseCertificate(der)
		if stdErr == nil && err != nil {
			t.Fatalf("the standard library reads it, Parse says %v", err)
		}
		if stdErr == nil && (!got.NotBefore.Equal(c.NotBefore) || !got.NotAfter.Equal(c.NotAfter)) {
			t.Fatalf("%v to %v, want %v to %v", got.NotBefore, got.NotAfter, c.NotBefore, c.NotAfter)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	der := sign(b, leaf(), leaf())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x509.Parse(der); err != nil {
			b.Fatal(err)
		}
	}
}
