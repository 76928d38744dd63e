package file

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

type encoding int

const (
	utf8Text encoding = iota
	utf16LE
	utf16BE
)

const utf8BOM = "\xef\xbb\xbf"

// encodingOf tells UTF-16 by its byte order mark, or by the zeros that plain
// letters have in it.
func encodingOf(head []byte) encoding {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16LE
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16BE
	}
	n := min(len(head), 512) &^ 1
	if n < 16 {
		return utf8Text
	}
	zeros := [2]int{}
	for i, c := range head[:n] {
		if c == 0 {
			zeros[i&1]++
		} else if c < 0x09 {
			return utf8Text
		}
	}
	switch {
	case zeros[0] == 0 && zeros[1]*10 >= n*4:
		return utf16LE
	case zeros[1] == 0 && zeros[0]*10 >= n*4:
		return utf16BE
	}
	return utf8Text
}

// toUTF8 converts a head.
func toUTF8(head []byte) []byte {
	e := encodingOf(head)
	if e == utf8Text {
		return bytes.TrimPrefix(head, []byte(utf8BOM))
	}
	out, _ := appendUTF8(nil, head, e)
	return bytes.TrimPrefix(out, []byte(utf8BOM))
}

// appendUTF8 appends UTF-16 as UTF-8. Rest is the number of bytes at the end
// that need more input.
func appendUTF8(dst, src []byte, e encoding) (out []byte, rest int) {
	unit := func(i int) rune {
		if e == utf16LE {
			return rune(src[i]) | rune(src[i+1])<<8
		}
		return rune(src[i])<<8 | rune(src[i+1])
	}
	i := 0
	for ; i+1 < len(src); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			if i+3 >= len(src) {
				break
			}
			if pair := utf16.DecodeRune(r, unit(i+2)); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, len(src) - i
}

// decoded gives text as UTF-8 without byte order mark.
type decoded struct {
	r     io.Reader
	enc   encoding
	begun bool
	in    []byte
	have  int
	out   []byte
	err   error
}

func newDecoded(r io.Reader) *decoded { return &decoded{r: r, in: make([]byte, 32<<10)} }

// Read implements io.Reader.
func (d *decoded) Read(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.have, d.err = fill(d.r, d.in[:512])
		d.enc = encodingOf(d.in[:d.have])
		if d.enc == utf8Text {
			d.out = bytes.TrimPrefix(d.in[:d.have], []byte(utf8BOM))
			d.have = 0
		} else {
			d.convert()
			d.out = bytes.TrimPrefix(d.out, []byte(utf8BOM))
		}
	}
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		if d.enc == utf8Text {
			return d.r.Read(b)
		}
		var n int
		n, d.err = d.r.Read(d.in[d.have:])
		d.have += n
		d.convert()
	}
	n := copy(b, d.out)
	d.out = d.out[n:]
	return n, nil
}

func (d *decoded) convert() {
	var rest int
	d.out, rest = appendUTF8(d.out[:0:0], d.in[:d.have], d.enc)
	copy(d.in, d.in[d.have-rest:d.have])
	d.have = rest
	if d.err != nil && rest > 0 {
		d.out = append(d.out, "\ufffd"...)
		d.have = 0
	}
}
