// Package asn1 reads ASN.1 in its basic and distinguished encoding (X.690):
// tag, length, value. What the values mean, the protocols' own packages know.
//
// It does not read indefinite lengths, which none of the protocols here allow.
package asn1

import "errors"

// Reasons why there is no element. ErrShort alone may be cured by more bytes.
var (
	ErrShort  = errors.New("element goes on beyond the bytes at hand")
	ErrLength = errors.New("length is indefinite or larger than 4 GiB")
	ErrTag    = errors.New("tag number has more than 28 bits")
)

// Classes of tags.
const (
	Universal   = 0
	Application = 1
	Context     = 2
	Private     = 3
)

// Universal tags in use here.
const (
	Boolean     = 1
	Integer     = 2
	BitString   = 3
	OctetString = 4
	OID         = 6
	Enumerated  = 10
	UTF8String  = 12
	Sequence    = 16
	Set         = 17
)

// An Element is one tag with its value. Body points into the bytes read.
type Element struct {
	Class       uint8
	Constructed bool
	Tag         uint32
	Body        []byte
}

// Is reports whether the element has this class and tag.
func (e Element) Is(class uint8, tag uint32) bool { return e.Class == class && e.Tag == tag }

// Next reads the first element of b and returns what follows it.
func Next(b []byte) (e Element, rest []byte, err error) {
	e, head, size, err := Header(b)
	if err != nil {
		return Element{}, nil, err
	}
	if size > int64(len(b)-head) {
		return Element{}, nil, ErrShort
	}
	end := head + int(size)
	e.Body = b[head:end:end]
	return e, b[end:], nil
}

// Header reads the tag and the length of the first element of b, whose body may
// not be there yet: head is how many bytes they take, size that of the body.
func Header(b []byte) (e Element, head int, size int64, err error) {
	if len(b) < 2 {
		return e, 0, 0, ErrShort
	}
	e.Class, e.Constructed, e.Tag = b[0]>>6, b[0]&0x20 != 0, uint32(b[0]&0x1f)
	at := 1
	if e.Tag == 0x1f { // X.690 §8.1.2.4: seven bits a byte
		e.Tag = 0
		for {
			if at == len(b) {
				return Element{}, 0, 0, ErrShort
			}
			if at > 4 {
				return Element{}, 0, 0, ErrTag
			}
			c := b[at]
			at++
			e.Tag = e.Tag<<7 | uint32(c&0x7f)
			if c < 0x80 {
				break
			}
		}
	}
	if at == len(b) {
		return Element{}, 0, 0, ErrShort
	}
	c := b[at]
	at++
	if c < 0x80 {
		return e, at, int64(c), nil
	}
	n := int(c & 0x7f)
	if n == 0 || n > 4 {
		return Element{}, 0, 0, ErrLength
	}
	if len(b) < at+n {
		return Element{}, 0, 0, ErrShort
	}
	for _, c := range b[at : at+n] {
		size = size<<8 | int64(c)
	}
	return e, at + n, size, nil
}

// Field returns the content of the field with a context tag in the body of a
// sequence whose fields are tagged explicitly, as those of Kerberos are.
func Field(sequence []byte, tag uint32) (Element, bool) {
	for len(sequence) > 0 {
		e, rest, err := Next(sequence)
		if err != nil {
			return Element{}, false
		}
		if e.Is(Context, tag) {
			inner, _, err := Next(e.Body)
			return inner, err == nil
		}
		sequence = rest
	}
	return Element{}, false
}

// Int returns the value of an integer of up to eight bytes.
func Int(body []byte) (n int64, ok bool) {
	if len(body) == 0 || len(body) > 8 {
		return 0, false
	}
	n = int64(int8(body[0]))
	for _, c := range body[1:] {
		n = n<<8 | int64(c)
	}
	return n, true
}
