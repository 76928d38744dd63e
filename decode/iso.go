package decode

import (
	"strings"
	"time"
)

// The years whose nanoseconds fit the columns of times. A time before or after
// them is none that a log can have been written at.
const (
	firstYear = 1700
	lastYear  = 2261
)

// ParseISO reads a date and time of ISO 8601 to the nanosecond, with a zone or,
// where it names none, in the given one. Slashes may stand in the date, and a
// blank between the two. The result is UTC.
func ParseISO(s string, zone *time.Location) (time.Time, bool) {
	// 2026-03-01T09:30:00.123456+0900
	if len(s) < 19 || s[4] != '-' && s[4] != '/' || s[7] != s[4] || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	part := func(from, to int) int {
		n, ok := Number(s[from:to])
		if !ok {
			return -1
		}
		return int(n)
	}
	year, month, day := part(0, 4), part(5, 7), part(8, 10)
	hour, minute, second := part(11, 13), part(14, 16), part(17, 19)
	if year < firstYear || year > lastYear || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return time.Time{}, false
	}
	rest, nanos := s[19:], 0
	if strings.HasPrefix(rest, ".") {
		i, scale := 1, 100_000_000
		for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
			nanos += int(rest[i]-'0') * scale
			scale /= 10
		}
		rest = rest[i:]
	}
	offset := 0
	switch {
	case rest == "":
		return time.Date(year, time.Month(month), day, hour, minute, second, nanos, zone).UTC(), true
	case rest == "Z":
	case rest[0] == '+' || rest[0] == '-':
		digits := strings.Replace(rest[1:], ":", "", 1)
		n, ok := Number(digits)
		if !ok || len(digits) != 4 || n%100 > 59 || n/100 > 23 {
			return time.Time{}, false
		}
		offset = int(n/100)*3600 + int(n%100)*60
		if rest[0] == '-' {
			offset = -offset
		}
	default:
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, nanos, time.UTC), true
}
