package event

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protowire"
)

// A Codec writes frames as bytes and reads them back: events in protobuf's wire
// format, the frame compressed with S2. Frames live for minutes, so that speed
// is worth more than size; segments, which stay, use Zstandard. A column's field number is
// columnBase plus the number of its path, so a reader that does not know a
// column yet skips it. It is used by one goroutine.
type Codec struct {
	buf []byte
	row []byte
}

// Field numbers of a frame and of an event in it.
const (
	frameEvent    protowire.Number = 1
	eventClass    protowire.Number = 1
	eventTime     protowire.Number = 2
	eventSource   protowire.Number = 3
	eventPosition protowire.Number = 4
	eventOrdinal  protowire.Number = 5
	eventUnmapped protowire.Number = 6
	eventColumns  protowire.Number = 7 // how many columns follow, to make room for them
	unmappedName  protowire.Number = 1
	unmappedValue protowire.Number = 2
	columnBase    protowire.Number = 100
)

// MaxFrame bounds the bytes of a frame before compression; Decode refuses more.
const MaxFrame = 64 << 20

// ErrFrame says that bytes are not a frame.
var ErrFrame = errors.New("not a frame of events")

// NewCodec returns a codec. It grows with the frames that it sees; keep it.
func NewCodec() *Codec { return &Codec{} }

// Encode appends the frame to dst.
func (c *Codec) Encode(dst []byte, frame Frame) []byte {
	c.buf = c.buf[:0]
	for _, e := range frame {
		c.row = e.AppendProto(c.row[:0])
		c.buf = protowire.AppendTag(c.buf, frameEvent, protowire.BytesType)
		c.buf = protowire.AppendBytes(c.buf, c.row)
	}
	at := len(dst)
	dst = slices.Grow(dst, s2.MaxEncodedLen(len(c.buf)))
	packed := s2.Encode(dst[at:cap(dst)], c.buf)
	return dst[:at+len(packed)]
}

// AppendProto appends the event in protobuf's wire format.
func (e *Event) AppendProto(b []byte) []byte {
	b = protowire.AppendTag(b, eventClass, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(e.Class))
	b = protowire.AppendTag(b, eventTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, uint64(e.Time.UnixNano()))
	b = protowire.AppendTag(b, eventSource, protowire.BytesType)
	b = protowire.AppendString(b, e.Origin.Source)
	b = protowire.AppendTag(b, eventPosition, protowire.VarintType)
	b = protowire.AppendVarint(b, e.Origin.Position)
	b = protowire.AppendTag(b, eventOrdinal, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(e.Origin.Ordinal))
	b = protowire.AppendTag(b, eventColumns, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(len(e.fields)))
	for i := range e.fields {
		f := &e.fields[i]
		num := columnBase + protowire.Number(f.path)
		switch f.path.Type() {
		case String, JSON:
			b = protowire.AppendTag(b, num, protowire.BytesType)
			b = protowire.AppendString(b, f.str)
		default:
			b = protowire.AppendTag(b, num, protowire.VarintType)
			b = protowire.AppendVarint(b, protowire.EncodeZigZag(f.num))
		}
	}
	for i := range e.unmapped {
		u := &e.unmapped[i]
		size := protowire.SizeTag(unmappedName) + protowire.SizeBytes(len(u.Name)) +
			protowire.SizeTag(unmappedValue) + protowire.SizeBytes(len(u.Literal))
		b = protowire.AppendTag(b, eventUnmapped, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(size))
		b = protowire.AppendTag(b, unmappedName, protowire.BytesType)
		b = protowire.AppendString(b, u.Name)
		b = protowire.AppendTag(b, unmappedValue, protowire.BytesType)
		b = protowire.AppendString(b, u.Literal)
	}
	return b
}

// Decode reads a frame. The events share memory with nothing of the caller's
// and nothing of each other's: who keeps one of their texts keeps that event's
// texts alive, not the frame's.
func (c *Codec) Decode(src []byte) (Frame, error) {
	size, err := s2.DecodedLen(src)
	if err != nil || size > MaxFrame {
		return nil, fmt.Errorf("decode frame: %d bytes unpacked: %w", size, ErrFrame)
	}
	c.buf = slices.Grow(c.buf[:0], size)
	raw, err := s2.Decode(c.buf[:size], src)
	if err != nil {
		return nil, fmt.Errorf("decode frame: %w: %w", ErrFrame, err)
	}
	frame := make(Frame, 0, min(FrameRows, len(raw)/16))
	for len(raw) > 0 {
		body, rest, err := nextBytes(raw, frameEvent)
		if err != nil {
			return nil, fmt.Errorf("decode frame: event %d: %w", len(frame), err)
		}
		e, err := ParseProto(body)
		if err != nil {
			return nil, fmt.Errorf("decode frame: event %d: %w", len(frame), err)
		}
		frame = append(frame, e)
		raw = rest
	}
	return frame, nil
}

// nextBytes reads one length-delimited field with the given number.
func nextBytes(b []byte, want protowire.Number) (body, rest []byte, err error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != want || typ != protowire.BytesType {
		return nil, nil, ErrFrame
	}
	body, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return nil, nil, ErrFrame
	}
	return body, b[n+m:], nil
}

// ParseProto reads what AppendProto wrote. The event shares no memory with raw.
func ParseProto(raw []byte) (*Event, error) {
	// One copy for all texts behind the raw record. That and what stands before it
	// have copies of their own, so that who keeps an address does not keep the
	// whole record in memory.
	text, base := "", -1
	e := &Event{}
	for at := 0; at < len(raw); {
		num, typ, n := protowire.ConsumeTag(raw[at:])
		if n < 0 {
			return nil, ErrFrame
		}
		at += n
		var number uint64
		var str string
		switch typ {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(raw[at:])
		case protowire.Fixed64Type:
			number, n = protowire.ConsumeFixed64(raw[at:])
		case protowire.BytesType:
			var body []byte
			if body, n = protowire.ConsumeBytes(raw[at:]); n >= 0 {
				switch {
				case num != eventUnmapped && num <= columnBase+protowire.Number(RawData):
					str = string(body)
				default:
					if base < 0 {
						base = at
						text = string(raw[at:])
					}
					str = text[at+n-len(body)-base : at+n-base]
				}
			}
		default:
			n = protowire.ConsumeFieldValue(num, typ, raw[at:])
		}
		if n < 0 {
			return nil, ErrFrame
		}
		if err := e.setProto(num, number, str, raw[at+n-len(str):at+n]); err != nil {
			return nil, err
		}
		at += n
	}
	return e, nil
}

func (e *Event) setProto(num protowire.Number, number uint64, str string, body []byte) error {
	switch num {
	case eventClass:
		e.Class = Class(number)
	case eventTime:
		e.Time = time.Unix(0, int64(number)).UTC()
	case eventSource:
		e.Origin.Source = str
	case eventPosition:
		e.Origin.Position = number
	case eventOrdinal:
		e.Origin.Ordinal = uint32(number)
	case eventColumns:
		// Room for what enrich adds, too.
		e.fields = make([]field, 0, min(number, uint64(len(columns)))+3)
	case eventUnmapped:
		name, rest, err := nextBytes(body, unmappedName)
		if err != nil {
			return err
		}
		value, _, err := nextBytes(rest, unmappedValue)
		if err != nil {
			return err
		}
		after := len(str) - len(rest)
		e.unmapped = append(e.unmapped, Unmapped{Name: str[after-len(name) : after], Literal: str[len(str)-len(value):]})
	default:
		p := Path(num - columnBase)
		if num <= columnBase || p.Type() == 0 {
			return nil // a column of a later version
		}
		f := field{path: p, num: protowire.DecodeZigZag(number), str: str}
		if n := len(e.fields); n == 0 || e.fields[n-1].path < p {
			e.fields = append(e.fields, f) // as AppendProto wrote them
		} else {
			e.set(f)
		}
	}
	return nil
}
