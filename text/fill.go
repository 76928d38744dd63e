package text

import (
	"fmt"
	"strings"
	"time"
)

// maxNesting bounds how deep messages may hold messages; a message that holds
// itself ends there.
const maxNesting = 4

// fill writes the values of args into the braces of template.
func fill(template string, args Args, lang Lang) string {
	return fillAt(template, args, lang, 0)
}

func fillAt(template string, args Args, lang Lang, depth int) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		slot, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteByte('{')
			b.WriteString(rest)
			return b.String()
		}
		name, form, _ := strings.Cut(slot, "|")
		if value, ok := args[name]; ok {
			said := say(value, args, lang, depth)
			one, many, counts := strings.Cut(form, "|")
			switch {
			case !counts:
				b.WriteString(said)
			case said == "1":
				b.WriteString(one)
			default:
				b.WriteString(many)
			}
			if lang == Korean && form != "" && !counts {
				b.WriteString(attach(said, form))
			}
		} else {
			b.WriteString("{" + name + "}")
		}
		template = after
	}
}

// say writes one value as a reader of the language expects it.
func say(value any, args Args, lang Lang, depth int) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return Number(int64(v))
	case int64:
		return Number(v)
	case float64:
		return decimal(v)
	case time.Duration:
		return Span(v, lang)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05 UTC")
	case []string:
		return List(v, len(v), lang)
	case Said:
		return v.In(lang)
	case Message:
		if depth >= maxNesting {
			return "{…}"
		}
		if lang == Korean {
			return fillAt(v.KO, args, lang, depth+1)
		}
		return fillAt(v.EN, args, lang, depth+1)
	}
	return fmt.Sprint(value)
}
