package event

import (
	"encoding/json"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SchemaVersion is the version of the OCSF schema whose words are used.
const SchemaVersion = "1.9.0-dev"

// Product is what Bongsu calls itself in metadata.product.
const Product = "Bongsu"

// classNames follow the captions of the OCSF schema.
var classNames = map[Class]string{
	Base:             "Base Event",
	FileActivity:     "File System Activity",
	ProcessActivity:  "Process Activity",
	DetectionFinding: "Detection Finding",
	AccountChange:    "Account Change",
	Authentication:   "Authentication",
	NetworkActivity:  "Network Activity",
	HTTPActivity:     "HTTP Activity",
	DNSActivity:      "DNS Activity",
	DHCPActivity:     "DHCP Activity",
	RDPActivity:      "RDP Activity",
	SMBActivity:      "SMB Activity",
	SSHActivity:      "SSH Activity",
	FTPActivity:      "FTP Activity",
	EmailActivity:    "Email Activity",
	NTPActivity:      "NTP Activity",
	TunnelActivity:   "Tunnel Activity",
	WebResources:     "Web Resources Activity",
	APIActivity:      "API Activity",
}

var categoryNames = [...]string{
	"Uncategorized", "System Activity", "Findings", "Identity & Access Management",
	"Network Activity", "Discovery", "Application Activity", "Remediation", "Unmanned Systems",
}

var severityNames = [...]string{"Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal"}

// String returns OCSF's caption.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return "Other"
}

// AppendJSON appends the event as one OCSF object, without a line end. The
// keys are in a fixed order, so equal events give equal bytes.
func (e *Event) AppendJSON(dst []byte) []byte {
	w := writer{dst: dst}
	activity := e.Activity()
	category := int(e.Class) / 1000

	w.open()
	w.int("class_uid", int64(e.Class))
	w.str("class_name", classNames[e.Class])
	w.int("category_uid", int64(category))
	if category < len(categoryNames) {
		w.str("category_name", categoryNames[category])
	}
	w.int("activity_id", int64(activity))
	if name := caption(e.Class, activity); name != "" {
		w.str("activity_name", name)
	} else if name := e.Str(ActivityName); name != "" {
		w.str("activity_name", name)
	}
	w.int("type_uid", int64(e.Class)*100+int64(activity))
	severity := Severity(e.Int(SeverityID))
	if !e.Has(SeverityID) {
		severity = SeverityInformational
	}
	w.int("severity_id", int64(severity))
	w.str("severity", severity.String())
	w.int("time", e.Time.UnixMilli())

	e.appendColumns(&w)
	e.appendUnmapped(&w)
	w.close()
	return w.dst
}

// derived columns are written by AppendJSON itself, each in its place.
func derived(p Path) bool {
	return p == ActivityID || p == ActivityName || p == SeverityID
}

func (e *Event) appendColumns(w *writer) {
	var order [64]*field
	set := order[:0]
	for i := range e.fields {
		if f := &e.fields[i]; !derived(f.path) {
			set = append(set, f)
		}
	}
	for missing := e.missing(); missing != 0; missing &= missing - 1 {
		set = append(set, unknown[bits.TrailingZeros16(missing)])
	}
	slices.SortFunc(set, func(a, b *field) int { return int(rank[a.path]) - int(rank[b.path]) })

	var open []string // the objects that are open
	metadata := false
	for _, f := range set {
		parts := split[f.path]
		if !metadata && parts[0] >= "metadata" {
			open = w.descend(open, nil)
			e.appendMetadata(w)
			metadata = true
		}
		if parts[0] == "metadata" {
			continue
		}
		open = w.descend(open, parts[:len(parts)-1])
		w.field(parts[len(parts)-1], f)
	}
	open = w.descend(open, nil)
	if !metadata {
		e.appendMetadata(w)
	}
	_ = open
}

// appendMetadata writes metadata, which is required and mostly derived.
func (e *Event) appendMetadata(w *writer) {
	w.key("metadata")
	w.open()
	w.str("version", SchemaVersion)
	w.str("uid", e.ID())
	e.appendProfiles(w)
	w.key("product")
	w.open()
	if name := e.Str(ProductName); name != "" {
		w.str("name", name)
		if vendor := e.Str(ProductVendor); vendor != "" {
			w.str("vendor_name", vendor)
		}
	} else {
		w.str("name", Product)
		w.str("vendor_name", Product)
	}
	w.close()
	for i := range e.fields {
		f := &e.fields[i]
		if f.path == ProductName || f.path == ProductVendor {
			continue
		}
		if parts := split[f.path]; parts[0] == "metadata" {
			w.field(parts[1], f)
		}
	}
	w.close()
}

func (e *Event) appendUnmapped(w *writer) {
	if len(e.unmapped) == 0 {
		return
	}
	w.key("unmapped")
	w.open()
	for i, u := range e.unmapped {
		if slices.ContainsFunc(e.unmapped[:i], func(v Unmapped) bool { return v.Name == u.Name }) {
			continue // a key twice is not JSON that others read; the first counts
		}
		w.key(u.Name)
		w.dst = append(w.dst, u.Literal...)
	}
	w.close()
}

// writer appends JSON, with commas where they belong.
type writer struct {
	dst   []byte
	comma bool
}

func (w *writer) open() {
	w.dst = append(w.dst, '{')
	w.comma = false
}

func (w *writer) close() {
	w.dst = append(w.dst, '}')
	w.comma = true
}

func (w *writer) key(k string) {
	if w.comma {
		w.dst = append(w.dst, ',')
	}
	w.dst = AppendQuoted(w.dst, k)
	w.dst = append(w.dst, ':')
	w.comma = true
}

func (w *writer) str(k, v string) {
	w.key(k)
	w.dst = AppendQuoted(w.dst, v)
}

func (w *writer) int(k string, v int64) {
	w.key(k)
	w.dst = appendInt(w.dst, v)
}

func (w *writer) field(k string, f *field) {
	w.key(k)
	switch columns[f.path].typ {
	case String:
		w.dst = AppendQuoted(w.dst, f.str)
	case Int:
		w.dst = appendInt(w.dst, f.num)
	case Bool:
		w.dst = strconv.AppendBool(w.dst, f.num != 0)
	case Time:
		w.dst = appendInt(w.dst, floorDiv(f.num, 1e6))
	case JSON:
		w.dst = append(w.dst, f.str...)
	}
}

// descend closes and opens objects until exactly those of want are open.
func (w *writer) descend(open, want []string) []string {
	same := 0
	for same < len(open) && same < len(want) && open[same] == want[same] {
		same++
	}
	for range open[same:] {
		w.close()
	}
	for _, k := range want[same:] {
		w.key(k)
		w.open()
	}
	return want
}

// split holds the parts of every path; rank its place when paths are ordered
// part by part, which keeps the members of an object together.
var split, rank = func() (parts [len(columns)][]string, rank [len(columns)]uint16) {
	order := Paths()
	for _, p := range order {
		parts[p] = strings.Split(columns[p].name, ".")
	}
	slices.SortFunc(order, func(a, b Path) int { return slices.Compare(parts[a], parts[b]) })
	for i, p := range order {
		rank[p] = uint16(i)
	}
	return parts, rank
}()

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD, as JSON demands.
func AppendQuoted[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			i++
			start = i
			continue
		}
		i += n
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// JSONStrings returns a list as a JSON array of strings; see AppendQuoted.
func JSONStrings(list []string) string {
	out := []byte{'['}
	for i, s := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = AppendQuoted(out, s)
	}
	return string(append(out, ']'))
}

// Unquote returns the text of a JSON string literal, and any other literal as
// it is.
func Unquote(literal string) string {
	if len(literal) < 2 || literal[0] != '"' {
		return literal
	}
	if !strings.Contains(literal, `\`) {
		return literal[1 : len(literal)-1]
	}
	var s string
	if err := json.Unmarshal([]byte(literal), &s); err != nil {
		return literal
	}
	return s
}
