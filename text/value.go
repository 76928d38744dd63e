package text

import (
	"strconv"
	"strings"
	"time"
)

// maxListed is how many values a list names before it counts the rest.
const maxListed = 5

// Number writes a whole number with a comma before each group of three
// digits, as both languages do. Names that are made of digits, such as ports,
// are given to a message as strings instead.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if len(s) <= 3 {
		return sign + s
	}
	var b strings.Builder
	b.WriteString(sign)
	head := len(s) % 3
	b.WriteString(s[:head])
	for i := head; i < len(s); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// decimal writes a number with one decimal, and with commas.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	whole, frac, found := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || !found {
		return s // infinite, not a number, or too large for commas to help
	}
	if n == 0 && strings.HasPrefix(whole, "-") {
		return s
	}
	return Number(n) + "." + frac
}

type unit struct {
	size   time.Duration
	en, ko string
}

var units = [...]unit{
	{24 * time.Hour, " d", "일"},
	{time.Hour, " h", "시간"},
	{time.Minute, " min", "분"},
	{time.Second, " s", "초"},
	{time.Millisecond, " ms", "밀리초"},
}

// Span writes a duration in words, by its two largest units: "3 min 20 s",
// "3분 20초". Below a second it counts milliseconds.
func Span(d time.Duration, lang Lang) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d >= 24*time.Hour:
		d = d.Round(time.Hour)
	case d >= time.Hour:
		d = d.Round(time.Minute)
	case d >= time.Second:
		d = d.Round(time.Second)
	default:
		d = d.Round(time.Millisecond)
	}
	if d < time.Millisecond {
		if lang == Korean {
			return "1밀리초 미만"
		}
		return "less than 1 ms"
	}
	for i, u := range units {
		if d < u.size {
			continue
		}
		out := sign + strconv.FormatInt(int64(d/u.size), 10) + u.in(lang)
		if rest := d % u.size; i+1 < len(units)-1 && rest >= units[i+1].size {
			out += " " + strconv.FormatInt(int64(rest/units[i+1].size), 10) + units[i+1].in(lang)
		}
		return out
	}
	return ""
}

func (u unit) in(lang Lang) string {
	if lang == Korean {
		return u.ko
	}
	return u.en
}

// List writes values as a list and says how many more there are: total counts
// those that are listed too.
func List(values []string, total int, lang Lang) string {
	shown := values
	if len(shown) > maxListed {
		shown = shown[:maxListed-1]
	}
	more := max(total, len(values)) - len(shown)
	switch {
	case len(shown) == 0 && more == 0:
		return "–"
	case more > 0 && lang == Korean:
		return strings.Join(shown, ", ") + " 외 " + Number(int64(more)) + "개"
	case more > 0:
		return strings.Join(shown, ", ") + " and " + Number(int64(more)) + " more"
	case len(shown) == 1:
		return shown[0]
	case lang == Korean:
		return strings.Join(shown, ", ")
	}
	return strings.Join(shown[:len(shown)-1], ", ") + " and " + shown[len(shown)-1]
}

// ListOf returns a list of which only the first values are known, in every
// language.
func ListOf(values []string, total int) Said {
	return Said{EN: List(values, total, English), KO: List(values, total, Korean)}
}
