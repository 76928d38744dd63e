package decode

import (
	"bytes"
	"errors"
	"strings"

	"github.com/bongsu/bongsu/wire/json"
)

// SniffJSON is the Sniff of formats that are one JSON object a line. Judge says
// how sure it is of an object; whole is false, and the object none, for a line
// that is longer than what there is to see. A log that is rotated while it is
// written begins in the middle of a line, so the first may be no object.
func SniffJSON(head []byte, judge func(object json.Value, line []byte, whole bool) int) int {
	var d json.Doc
	for tries := 0; tries < 2 && len(head) > 0; {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		head = rest
		line = bytes.Trim(line, " \t\r[],")
		if len(line) == 0 {
			continue
		}
		tries++
		if line[0] != '{' {
			continue
		}
		err := d.Parse(line)
		switch {
		case err == nil:
			return judge(d.Root(), line, true)
		case errors.Is(err, json.ErrCut) && !more:
			return judge(json.Value{}, line, false)
		}
	}
	return 0
}

// SniffLines is the Sniff of formats of a record a line. It looks at so many
// lines of head that are not blank, most at the most, and gives low to high by
// the share of them that are of the format; 0 where none is. A line comes
// without its end.
func SniffLines(head []byte, most, low, high int, mine func(line string) bool) int {
	s := string(head)
	lines, hits := 0, 0
	for lines < most && s != "" {
		var l string
		l, s, _ = strings.Cut(s, "\n")
		if strings.TrimSpace(l) == "" {
			continue
		}
		lines++
		if mine(strings.TrimRight(l, "\r")) {
			hits++
		}
	}
	if hits == 0 {
		return 0
	}
	return low + (high-low)*hits/lines
}
