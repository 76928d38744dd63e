package dns_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/bongsu/bongsu/wire/dns"
	"github.com/google/go-cmp/cmp"
)

// builder writes messages by hand, malformed ones too.
type builder struct{ b []byte }

func message(id, flags uint16, counts ...uint16) *builder {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = binary.BigEndian.AppendUint16(b, flags)
	for i := range 4 {
		n := uint16(0)
		if i < len(counts) {
			n = counts[i]
		}
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return &builder{b}
}

func (m *builder) name(labels ...string) *builder {
	for _, l := range labels {
		m.b = append(append(m.b, byte(len(l))), l...)
	}
	m.b = append(m.b, 0)
	return m
}

func (m *builder) pointer(to int) *builder { return m.numbers(0xc000 | uint16(to)) }

func (m *builder) numbers(list ...uint16) *builder {
	for _, n := range list {
		m.b = binary.BigEndian.AppendUint16(m.b, n)
	}
	return m
}

func (m *builder) data(d string) *builder {
	m.numbers(uint16(len(d)))
	m.b = append(m.b, d...)
	return m
}

func TestParse(t *testing.T) {
	type answer struct {
		Name, Type, Class string
		TTL               uint32
		Data              string
	}
	rec := func(typ uint16, data string) string {
		return string(message(1, 0x8180, 0, 1).name("example", "com").numbers(typ, 1, 0, 60).data(data).b)
	}
	one := func(typ, data string) []answer {
		return []answer{{"example.com", typ, "IN", 60, data}}
	}
	tests := []struct {
		name      string
		in        string
		questions []string
		answers   []answer
		err       error
	}{
		{name: "query", in: string(message(7, 0x0100, 1).name("www", "example", "com").numbers(1, 1).b), questions: []string{"www.example.com A IN"}},
		{name: "root", in: string(message(7, 0x0100, 1).name().numbers(2, 1).b), questions: []string{". NS IN"}},
		{
			name: "compressed answer",
			in: string(message(7, 0x8180, 1, 2).name("www", "example", "com").numbers(1, 1).
				pointer(12).numbers(5, 1, 0, 300).data("\x03cdn\xc0\x10").
				pointer(0x2d).numbers(1, 1, 1, 0).data("\xc0\x00\x02\x05").b),
			questions: []string{"www.example.com A IN"},
			answers: []answer{
				{"www.example.com", "CNAME", "IN", 300, "cdn.example.com"},
				{"cdn.example.com", "A", "IN", 65536, "192.0.2.5"},
			},
		},
		{name: "aaaa", in: rec(28, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), answers: one("AAAA", "2001:db8::1")},
		{name: "a of a wrong length", in: rec(1, "\x01\x02\x03"), answers: one("A", `\# 3 010203`)},
		{name: "mx", in: rec(15, "\x00\x0a\x04mail\x00"), answers: one("MX", "10 mail")},
		{name: "txt", in: rec(16, "\x03a\"b\x02\x00c"), answers: one("TXT", `"a\"b" "\000c"`)},
		{name: "txt cut", in: rec(16, "\x05abc"), answers: one("TXT", `\# 4 05616263`)},
		{name: "srv", in: rec(33, "\x00\x01\x00\x02\x01\xbb\x02dc\xc0\x0c"), answers: one("SRV", "1 2 443 dc.example.com")},
		{name: "soa", in: rec(6, "\x02ns\x00\x05admin\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05"), answers: one("SOA", "ns admin 1 2 3 4 5")},
		{name: "naptr", in: rec(35, "\x00\x01\x00\x02\x01S\x03sip\x00\x01x\x00"), answers: one("NAPTR", `1 2 "S" "sip" "" x`)},
		{name: "caa", in: rec(257, "\x00\x05issueca.example"), answers: one("CAA", `0 issue "ca.example"`)},
		{name: "https", in: rec(65, "\x00\x01\x00\x00\x01\x00\x06\x02h2\x02h3\x00\x04\x00\x04\xc0\x00\x02\x01\x00\x03\x00\x02\x01\xbb\x00\x05\x00\x01\xff"), answers: one("HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.1 port=443 key5=ff")},
		{name: "ds", in: rec(43, "\x00\x05\x08\x02\xab\xcd"), answers: one("DS", "5 8 2 abcd")},
		{name: "null, as tunnels use it", in: rec(10, "\x00\x01"), answers: one("NULL", `\# 2 0001`)},
		{name: "unknown type", in: rec(1234, ""), answers: one("TYPE1234", `\# 0`)},
		{name: "name that leaves its data", in: rec(5, "\x09exa"), answers: one("CNAME", `\# 4 09657861`)},
		{
			name:      "binary, dotted and Korean labels",
			in:        string(message(7, 0, 1).name("a.b\\", "\x00\xff ", "프린터").numbers(16, 0x8001).b),
			questions: []string{`a\.b\\.\000\255\032.프린터 TXT CLASS32769`},
		},
		{name: "short header", in: "\x00\x01\x02", err: dns.ErrShort},
		{name: "question cut", in: string(message(7, 0, 1).name("example").b), err: dns.ErrShort},
		{name: "label cut", in: string(message(7, 0, 1).b) + "\x09exam", err: dns.ErrShort},
		{name: "pointer to itself", in: string(message(7, 0, 1).pointer(12).numbers(1, 1).b), err: dns.ErrName},
		{name: "pointer forward", in: string(message(7, 0, 1).pointer(14).name("x").numbers(1, 1).b), err: dns.ErrName},
		{name: "pointer into the header", in: string(message(7, 0, 1).pointer(2).numbers(1, 1).b), err: dns.ErrName},
		{name: "reserved label", in: string(message(7, 0, 1).b) + "\x80\x00\x00\x01\x00\x01", err: dns.ErrName},
		{
			name:      "answer cut after the question",
			in:        string(message(7, 0x8180, 1, 1).name("x").numbers(1, 1).pointer(12).numbers(1, 1).b),
			questions: []string{"x A IN"}, err: dns.ErrShort,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m dns.Message
			if err := m.Parse([]byte(tt.in)); !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			var questions []string
			for _, q := range m.Questions {
				questions = append(questions, q.Name.String()+" "+q.Type.String()+" "+q.Class.String())
			}
			var answers []answer
			for i := range m.Answers {
				r := &m.Answers[i]
				answers = append(answers, answer{r.Name.String(), r.Type.String(), r.Class.String(), r.TTL, string(r.AppendData(nil))})
			}
			if diff := cmp.Diff(tt.questions, questions); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.answers, answers); diff != "" {
				t.Error(diff)
			}
			if tt.err == nil && m.Size != len(tt.in) {
				t.Errorf("size %d of %d", m.Size, len(tt.in))
			}
		})
	}
}

func TestRcodeWithEDNS(t *testing.T) {
	var m dns.Message
	if err := m.Parse(message(1, 0x8183, 0, 0, 0, 1).name().numbers(41, 4096, 0x0100, 0).data("").b); err != nil {
		t.Fatal(err)
	}
	if got := m.Rcode(); got != 0x13 {
		t.Errorf("rcode %d", got)
	}
}

func TestMaxRecords(t *testing.T) {
	b := message(1, 0x8180, 0, 0xffff)
	for range dns.MaxRecords + 5 {
		b.name().numbers(1, 1, 0, 0).data("")
	}
	var m dns.Message
	if err := m.Parse(b.b); !errors.Is(err, dns.ErrMany) || len(m.Answers) != dns.MaxRecords {
		t.Errorf("%v with %d answers", err, len(m.Answers))
	}
}

func TestNetBIOSName(t *testing.T) {
	for in, want := range map[string]string{
		"FEEFFDFECACACACACACACACACACACAAA": "TEST<00>",
		"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": "*<00>",
		"FEEFFDFECACACACACACACACACACACAA":  "",
		"feefFDFECACACACACACACACACACACAAA": "",
	} {
		if got, _ := dns.NetBIOSName([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(7, 0x8180, 1, 1).name("www", "example").numbers(1, 1).pointer(12).numbers(65, 1, 0, 9).data("\x00\x01\x00\x00\x04\x00\x04\x01\x02\x03\x04").b)
	f.Add(message(1, 0x8183, 0, 1, 0, 1).name("a").numbers(6, 1, 0, 0).data("\xc0\x0c\xc0\x0c").name().numbers(41, 4096, 0x0100, 0).data("").b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var m dns.Message
		_ = m.Parse(b) // what came before the error must still be sound
		if m.Size > len(b) {
			t.Fatalf("size %d of %d", m.Size, len(b))
		}
		for _, q := range m.Questions {
			if len(q.Name.String()) > 4*255 {
				t.Fatal("long name")
			}
			dns.NetBIOSName(q.Name.FirstLabel())
		}
		for i := range m.Answers {
			text := m.Answers[i].Name.Append(nil)
			if out := m.Answers[i].AppendData(text); len(out) < len(text) {
				t.Fatal("text was cut")
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	msg := message(7, 0x8180, 1, 1).name("www", "example", "com").numbers(1, 1).pointer(12).numbers(1, 1, 0, 60).data("\xc0\x00\x02\x05").b
	var m dns.Message
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(msg); err != nil {
			b.Fatal(err)
		}
	}
}
