package syslog

import (
	"strings"
	"time"
)

// ParseTime reads the time that s begins with, in one of the ways in which
// logs write it, and returns what follows it, spaces included:
//
//	Oct  7 09:00:00            RFC 3164; also with a fraction, and a year before or after
//	2026 Oct  7 09:00:00
//	Wed Oct  7 09:00:00 2026   asctime; also with a zone before the year
//	2026-10-07T09:00:00.5+09:00 RFC 3339; also with a space, a comma, no zone
//	Wed 2026-10-07 09:00:00 KST journalctl -o short-full
func ParseTime(s string, clock Clock) (t time.Time, rest string, ok bool) {
	s = strings.TrimLeft(s, "*")
	if len(s) < 15 {
		return t, s, false
	}
	if isDigit(s[0]) {
		if t, rest, ok = isoTime(s, clock); ok {
			return t, rest, true
		}
		if year, after, good := yearWord(s); good {
			return monthTime(after, year, clock)
		}
		return t, s, false
	}
	if t, rest, ok = monthTime(s, 0, clock); ok {
		return t, rest, true
	}
	if s[3] != ' ' || !isWeekday(s[:3]) {
		return t, s, false
	}
	after := s[4:]
	if len(after) > 0 && isDigit(after[0]) {
		return isoTime(after, clock)
	}
	return monthTime(after, 0, clock)
}

// yearWord reads "2026 ".
func yearWord(s string) (year int, rest string, ok bool) {
	if len(s) < 5 || s[4] != ' ' {
		return 0, s, false
	}
	year, ok = digits(s[:4])
	return year, strings.TrimLeft(s[5:], " "), ok && plausible(year)
}

// plausible tells a year from a port or a counter.
func plausible(year int) bool { return year >= 1970 && year < 2200 }

// monthTime reads "Oct  7 [2026] 09:00:00[.5] [ZONE] [2026]". A year of 0 means
// that none is known yet.
func monthTime(s string, year int, clock Clock) (t time.Time, rest string, ok bool) {
	if len(s) < 14 || s[3] != ' ' {
		return t, s, false
	}
	month := monthOf(s[:3])
	if month == 0 {
		return t, s, false
	}
	i := 4
	for i < len(s) && s[i] == ' ' {
		i++
	}
	day, n := upTo2(s[i:])
	if n == 0 || day == 0 || day > 31 {
		return t, s, false
	}
	i += n
	if i < len(s) && s[i] == ',' {
		i++
	}
	if i >= len(s) || s[i] != ' ' {
		return t, s, false
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if year == 0 {
		if y, after, good := yearWord(s[i:]); good {
			year = y
			i = len(s) - len(after)
		}
	}
	sec, nsec, n := clockTime(s[i:])
	if n == 0 {
		return t, s, false
	}
	rest = s[i+n:]
	loc := clock.location()
	zone, after, named := zoneWord(rest)
	if named {
		rest = after
		if zone != nil {
			loc = zone
		}
	}
	if year == 0 {
		if y, after, good := trailingYear(rest); good {
			year, rest = y, after
		}
	}
	if year != 0 {
		if day > daysIn(month, year) {
			return t, s, false
		}
		return date(year, month, day, sec, nsec, loc), rest, true
	}
	t, ok = clock.complete(month, day, sec, nsec, loc)
	return t, rest, ok
}

// trailingYear reads " 2026" at the end of a word, as asctime writes it.
func trailingYear(s string) (year int, rest string, ok bool) {
	if len(s) < 5 || s[0] != ' ' || len(s) > 5 && s[5] != ' ' && s[5] != ':' {
		return 0, s, false
	}
	year, ok = digits(s[1:5])
	return year, s[5:], ok && plausible(year)
}

// zoneWord reads a zone after a time without one: " KST", " UTC:", " +0900".
// Abbreviations that stand for several zones are skipped without a meaning.
func zoneWord(s string) (loc *time.Location, rest string, ok bool) {
	if len(s) < 4 || s[0] != ' ' {
		return nil, s, false
	}
	if s[1] == '+' || s[1] == '-' {
		return offset(s[1:])
	}
	i := 1
	for i < len(s) && i <= 5 && s[i] >= 'A' && s[i] <= 'Z' {
		i++
	}
	end := i == len(s) || s[i] == ' ' || s[i] == ':'
	if i < 4 || !end {
		return nil, s, false
	}
	switch s[1:i] {
	case "UTC", "GMT":
		return time.UTC, s[i:], true
	case "KST", "JST":
		return kst, s[i:], true
	case "CET":
		return cet, s[i:], true
	case "CEST":
		return cest, s[i:], true
	case "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "IST", "BST", "MSK", "EEST", "EET", "AEST", "AEDT", "DST":
		return nil, s[i:], true
	}
	return nil, s, false
}

var (
	kst  = time.FixedZone("KST", 9*3600)
	cet  = time.FixedZone("CET", 3600)
	cest = time.FixedZone("CEST", 2*3600)
)

// complete finds the newest year in which the date exists and is at most a day
// after the reference.
func (c Clock) complete(month time.Month, day, sec, nsec int, loc *time.Location) (time.Time, bool) {
	const leapCycle = 8 // the longest distance between two 29ths of February
	limit := c.Reference.Add(24 * time.Hour)
	newest := limit.In(loc).Year()
	for year := newest; year >= newest-leapCycle; year-- {
		if day > daysIn(month, year) {
			continue
		}
		if t := date(year, month, day, sec, nsec, loc); !t.After(limit) {
			return t, true
		}
	}
	return time.Time{}, false
}

func (c Clock) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// isoTime reads "2026-10-07T09:00:00.5+09:00" and its relatives.
func isoTime(s string, clock Clock) (t time.Time, rest string, ok bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' {
		return t, s, false
	}
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysIn(time.Month(month), year) {
		return t, s, false
	}
	sec, nsec, n := clockTime(s[11:])
	if n == 0 {
		return t, s, false
	}
	rest = s[11+n:]
	loc := clock.location()
	switch {
	case strings.HasPrefix(rest, "Z"):
		loc, rest = time.UTC, rest[1:]
	case rest != "" && (rest[0] == '+' || rest[0] == '-'):
		if zone, after, good := offset(rest); good {
			loc, rest = zone, after
		}
	default:
		if zone, after, named := zoneWord(rest); named {
			rest = after
			if zone != nil {
				loc = zone
			}
		}
	}
	return date(year, time.Month(month), day, sec, nsec, loc), rest, true
}

// offset reads "+09:00", "+0900" or "+09".
func offset(s string) (loc *time.Location, rest string, ok bool) {
	if len(s) < 3 {
		return nil, s, false
	}
	hours, good := digits(s[1:3])
	if !good || hours > 15 {
		return nil, s, false
	}
	n, minutes := 3, 0
	rest = s[3:]
	if strings.HasPrefix(rest, ":") {
		rest = rest[1:]
		n++
	}
	if len(rest) >= 2 {
		if m, good := digits(rest[:2]); good && m < 60 {
			minutes = m
			n += 2
		}
	}
	if n < len(s) && s[n] > ' ' && s[n] != ':' {
		return nil, s, false
	}
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	switch seconds {
	case 0:
		return time.UTC, s[n:], true
	case 9 * 3600:
		return kst, s[n:], true
	}
	return time.FixedZone("", seconds), s[n:], true
}

// clockTime reads "09:00:00[.5]" and returns seconds of the day, nanoseconds
// and its length, 0 where it is none.
func clockTime(s string) (sec, nsec, n int) {
	h, i := upTo2(s)
	if i == 0 || h > 23 || i+6 > len(s) || s[i] != ':' || s[i+3] != ':' {
		return 0, 0, 0
	}
	m, ok1 := digits(s[i+1 : i+3])
	sc, ok2 := digits(s[i+4 : i+6])
	if !ok1 || !ok2 || m > 59 || sc > 60 {
		return 0, 0, 0
	}
	n = i + 6
	if n+1 < len(s) && (s[n] == '.' || s[n] == ',') && isDigit(s[n+1]) {
		n++
		unit := int(100 * time.Millisecond)
		for n < len(s) && isDigit(s[n]) {
			nsec += int(s[n]-'0') * unit
			unit /= 10
			n++
		}
	}
	return h*3600 + m*60 + sc, nsec, n
}

// date avoids the cost of time.Date where the zone has no rules.
func date(year int, month time.Month, day, sec, nsec int, loc *time.Location) time.Time {
	if loc == time.UTC {
		return time.Unix(daysSinceEpoch(year, month, day)*86400+int64(sec), int64(nsec)).UTC()
	}
	return time.Date(year, month, day, sec/3600, sec/60%60, sec%60, nsec, loc).UTC()
}

// daysSinceEpoch counts days from 1970-01-01 in the Gregorian calendar.
func daysSinceEpoch(year int, month time.Month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 { // the year begins in March, so that the leap day is its last
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(day) - 719469
}

func daysIn(month time.Month, year int) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func monthOf(s string) time.Month {
	switch s {
	case "Jan", "jan":
		return 1
	case "Feb", "feb":
		return 2
	case "Mar", "mar":
		return 3
	case "Apr", "apr":
		return 4
	case "May", "may":
		return 5
	case "Jun", "jun":
		return 6
	case "Jul", "jul":
		return 7
	case "Aug", "aug":
		return 8
	case "Sep", "sep":
		return 9
	case "Oct", "oct":
		return 10
	case "Nov", "nov":
		return 11
	case "Dec", "dec":
		return 12
	}
	return 0
}

func isWeekday(s string) bool {
	switch s {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

// upTo2 reads one or two digits.
func upTo2(s string) (v, n int) {
	for n < 2 && n < len(s) && isDigit(s[n]) {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

func digits(s string) (int, bool) {
	v := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}
