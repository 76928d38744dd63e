package dns

import "strconv"

// Known reports whether the type is assigned.
func (t Type) Known() bool {
	if int(t) < len(low) {
		return low[t] != ""
	}
	for i := range highTypes {
		if highTypes[i].t == t {
			return true
		}
	}
	return false
}

// String returns the name of the type, TYPE1234 where it has none
// (RFC 3597 §5).
func (t Type) String() string {
	if int(t) < len(low) {
		if s := low[t]; s != "" {
			return s
		}
	}
	for i := range highTypes {
		if highTypes[i].t == t {
			return highTypes[i].name
		}
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// Known reports whether the class is in use.
func (c Class) Known() bool {
	return c == IN || c == 3 || c == 4 || c == 254 || c == 255
}

// String returns the name of the class, CLASS1234 where it has none.
func (c Class) String() string {
	switch c {
	case IN:
		return "IN"
	case 3:
		return "CH"
	case 4:
		return "HS"
	case 254:
		return "NONE"
	case 255:
		return "ANY"
	}
	return "CLASS" + strconv.Itoa(int(c))
}
