package hunt

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/bongsu/bongsu/event"
)

// String writes the hunt in the language, always in the same way: short names,
// lower-case keywords, parentheses wherever and stands beside or. Parse reads
// it back as the same hunt.
func (h *Hunt) String() string {
	var b strings.Builder
	writeExpr(&b, h.Where, 0)
	part := func(s string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	switch w := h.When; {
	case w.Last > 0:
		part("last " + spanText(w.Last))
	default:
		if !w.Since.IsZero() {
			part("since " + w.Since.text())
		}
		if !w.Until.IsZero() {
			part("until " + w.Until.text())
		}
	}
	if s := h.Show.text(); s != "" {
		part("| " + s)
	}
	return b.String()
}

func (s Show) text() string {
	var b strings.Builder
	by := func(word string) {
		for i, f := range s.By {
			if i == 0 {
				b.WriteString(word)
			} else {
				b.WriteString(", ")
			}
			writeField(&b, f)
		}
	}
	switch s.Kind {
	case Latest:
		if s.N > 0 {
			return "latest " + strconv.Itoa(s.N)
		}
	case Top:
		b.WriteString("top " + strconv.Itoa(s.N))
		by(" ")
	case Count:
		b.WriteString("count")
		if s.Distinct != "" {
			b.WriteString(" distinct ")
			writeField(&b, s.Distinct)
		}
		by(" by ")
	case Timeline:
		b.WriteString("timeline")
		if s.Step > 0 {
			b.WriteString(" " + spanText(s.Step))
		}
		by(" by ")
	}
	return b.String()
}

// What surrounds a condition decides whether it needs parentheses.
const (
	aroundNone = iota
	aroundAll
	aroundAny
	aroundNot
)

func writeExpr(b *strings.Builder, e Expr, around int) {
	list := func(parts []Expr, word string, inside int) {
		if around != aroundNone {
			b.WriteByte('(')
			defer b.WriteByte(')')
		}
		for i, part := range parts {
			if i > 0 {
				b.WriteString(word)
			}
			writeExpr(b, part, inside)
		}
	}
	switch e := e.(type) {
	case nil:
	case All:
		list(e, " and ", aroundAll)
	case Any:
		list(e, " or ", aroundAny)
	case Not:
		b.WriteString("not ")
		writeExpr(b, e.Of, aroundNot)
	case Word:
		b.WriteString(quoteWord(e.Text))
	case Test:
		writeTest(b, e)
	}
}

func writeTest(b *strings.Builder, t Test) {
	if t.Op == Exists {
		b.WriteString("exists ")
		writeField(b, t.Field)
		return
	}
	writeField(b, t.Field)
	switch {
	case t.Negated && t.Op == Is:
		b.WriteString(" != ")
	case t.Negated:
		b.WriteString(" not " + t.Op.String() + " ")
	default:
		b.WriteString(" " + t.Op.String() + " ")
	}
	if t.Op == Matches && len(t.Values) == 1 && !strings.Contains(t.Values[0].Text, `\/`) {
		b.WriteString("/" + strings.ReplaceAll(t.Values[0].Text, "/", `\/`) + "/")
		return
	}
	single := len(t.Values) == 1 && (t.Op != In || t.Values[0].Prefix.IsValid())
	if !single {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	for i, v := range t.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(valueText(t.Field, t.Op, v))
	}
}

// valueText writes one value as it is read.
func valueText(f Field, op Op, v Value) string {
	switch op {
	case Contains, Starts, Ends:
		return quote(v.Text)
	case Matches:
		return doubleQuote(v.Text)
	default:
	}
	if v.Prefix.IsValid() {
		if v.Prefix.IsSingleIP() && f.kind() == kindAddress {
			return v.Prefix.Addr().String()
		}
		return v.Prefix.String()
	}
	switch f.kind() {
	case kindNumber:
		c := f.captions()
		switch {
		case c == nil:
		case v.Number >= 0 && v.Number < int64(len(c)) && c[v.Number] != "":
			return quote(c[v.Number])
		case v.Number == otherNumber:
			return "other"
		}
		return strconv.FormatInt(v.Number, 10)
	case kindActivity:
		switch {
		case v.Text != "":
			return quote(v.Text)
		case v.Number == 0:
			return "unknown"
		case v.Number == otherNumber:
			return "other"
		}
		return strconv.FormatInt(v.Number, 10)
	case kindBool:
		return strconv.FormatBool(v.Number != 0)
	case kindClass:
		if v.Number >= 0 && v.Number <= 0xffff {
			if w := classWord(event.Class(v.Number)); w != "" {
				return w
			}
		}
		return strconv.FormatInt(v.Number, 10)
	case kindTime:
		return v.Moment.text()
	default:
		return quote(v.Text)
	}
}

func writeField(b *strings.Builder, f Field) {
	name, ok := strings.CutPrefix(string(f), unmappedPrefix)
	if !ok {
		b.WriteString(string(f))
		return
	}
	b.WriteString(unmappedPrefix)
	if plain(name) && !strings.ContainsAny(name, "=<>!&'/") {
		b.WriteString(name)
	} else {
		b.WriteString(escaped(name))
	}
}

// plain reports whether a text is read as one word where a value may stand.
func plain(s string) bool {
	if s == "" || strings.ContainsAny(s, "(),|\"*\\“”'/") {
		return false
	}
	for _, r := range s {
		if isSpace(r) || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// quote writes a value: without quotes where they are not needed.
func quote(s string) string {
	if plain(s) {
		return s
	}
	return doubleQuote(s)
}

// quoteWord writes a text that stands alone: with quotes wherever it could be
// read as something else.
func quoteWord(s string) string {
	if !plain(s) || strings.ContainsAny(s, "=<>!:&") {
		return doubleQuote(s)
	}
	if _, ok := FieldOf(s); ok || (token{kind: tokWord, text: s}).is(reserved...) {
		return doubleQuote(s)
	}
	if op, _ := operator(token{kind: tokWord, text: s}); op != 0 {
		return doubleQuote(s)
	}
	return s
}

// reserved are the words that mean something where a condition may stand.
var reserved = []string{"and", "or", "not", "last", "since", "until", "between", "on", "with"}

// doubleQuote writes "…", or '…' where backslashes would have to be doubled.
func doubleQuote(s string) string {
	if strings.ContainsAny(s, `\"`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return escaped(s)
}

func escaped(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
