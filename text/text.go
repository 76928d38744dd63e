// Package text holds how Bongsu speaks to people: every message exists in
// Korean and in English, and numbers, times and lists are written as a reader
// of that language expects. It does not decide what to say; each package keeps
// its messages beside the code that needs them.
package text

// Lang is a language of the interface.
type Lang string

// Languages.
const (
	Korean  Lang = "ko"
	English Lang = "en"
)

// Langs lists every language, in the order of the interface.
func Langs() []Lang { return []Lang{Korean, English} }

// Message is a template in every language. A value stands in braces, {src};
// in Korean a particle may follow a bar and takes the form that fits the
// sound before it: {src|은는} {src|이가} {src|을를} {src|과와} {src|으로}
// {src|이라는} {src|이며}. Two words after bars are for one and for any other
// number, and stand without the number: {n} {n|logon|logons}.
type Message struct{ EN, KO string }

// Said is a message with its values filled in, in every language.
type Said struct {
	EN string `json:"en"`
	KO string `json:"ko"`
}

// In returns the text of one language.
func (s Said) In(lang Lang) string {
	if lang == Korean {
		return s.KO
	}
	return s.EN
}

// Args are the values of a message: string, int, int64, float64 (one decimal),
// time.Duration (in words), time.Time (UTC, to the second), []string (a list),
// Said and Message (in the same language).
type Args map[string]any

// Say fills in a message. A value that is missing shows as its name in braces,
// which the tests of each catalogue look for.
func (m Message) Say(args Args) Said {
	return Said{EN: fill(m.EN, args, English), KO: fill(m.KO, args, Korean)}
}
