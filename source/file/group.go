package file

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// group makes recordings of parts: first the folders that belong together,
// then rotated sets, then every part that is left by itself.
func group(parts []*Part, together []string) []Recording {
	var out []Recording
	byFolder := map[string][]*Part{}
	byStem := map[string][]rotated{}
	for _, p := range parts {
		switch {
		case slices.Contains(together, p.Format):
			key := p.blob.dir + "\x00" + p.Format
			byFolder[key] = append(byFolder[key], p)
		default:
			r := rotationOf(p)
			key := p.blob.dir + "\x00" + p.Format + "\x00" + r.stem
			byStem[key] = append(byStem[key], r)
		}
	}
	for _, logs := range byFolder {
		slices.SortFunc(logs, func(a, b *Part) int { return strings.Compare(a.Path, b.Path) })
		name := logs[0].Path
		if len(logs) > 1 {
			name = logs[0].blob.dir + "/"
		}
		out = append(out, Recording{Name: name, Kind: Log, Parts: logs})
	}
	for _, set := range byStem {
		slices.SortFunc(set, func(a, b rotated) int {
			return cmp.Or(cmp.Compare(a.order, b.order), strings.Compare(a.part.Path, b.part.Path))
		})
		if len(set) > 1 && follow(set) {
			r := Recording{Name: set[len(set)-1].part.Path, Kind: kindOf(set[0].part)}
			for _, m := range set {
				r.Parts = append(r.Parts, m.part)
			}
			out = append(out, r)
			continue
		}
		for _, m := range set {
			out = append(out, Recording{Name: m.part.Path, Kind: kindOf(m.part), Parts: []*Part{m.part}})
		}
	}
	slices.SortFunc(out, func(a, b Recording) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Parts[0].Path, b.Parts[0].Path))
	})
	return out
}

func kindOf(p *Part) Kind {
	if isCapture(p) {
		return Capture
	}
	return Log
}

func isCapture(p *Part) bool { return p.Format == "pcap" || p.Format == "pcapng" }

// rotated is a part with its place among its siblings.
type rotated struct {
	part  *Part
	stem  string // what siblings share
	order int64  // ascending with time
	how   rotation
}

type rotation int

const (
	alone    rotation = iota // the name says nothing of a rotation
	counting                 // auth.log.2: the higher, the older
	dated                    // auth.log-20260301
	ring                     // name_00001_20260301093000.pcap, name.pcap1
)

var (
	byCount    = regexp.MustCompile(`^(.*[A-Za-z].*)\.(\d{1,4})$`)
	byDate     = regexp.MustCompile(`^(.*[A-Za-z].*?)[-._](\d{4})-?(\d{2})-?(\d{2})(?:[-_T.]?(\d{2})[-:.]?(\d{2})?)?(\.[A-Za-z]+)?$`)
	byDumpcap  = regexp.MustCompile(`^(.*)_(\d{5})_\d{14}(\.[A-Za-z]+)?$`)
	byTcpdump  = regexp.MustCompile(`^(.*\.(?:pcap|pcapng|cap|dmp))(\d{1,6})$`)
	captureEnd = regexp.MustCompile(`\.(?:pcap|pcapng|cap|dmp)$`)
)

// newest is the place of the file that is still written to.
const newest = int64(1) << 60

func rotationOf(p *Part) rotated {
	number := func(s string) int64 {
		n, _ := strconv.ParseInt(s, 10, 64)
		return n
	}
	if isCapture(p) {
		if m := byDumpcap.FindStringSubmatch(p.Name); m != nil {
			return rotated{p, m[1] + "\x00" + m[3], number(m[2]), ring}
		}
		if m := byTcpdump.FindStringSubmatch(p.Name); m != nil {
			return rotated{p, m[1], number(m[2]), ring}
		}
		if captureEnd.MatchString(p.Name) {
			return rotated{p, p.Name, -1, alone} // the first of tcpdump -C
		}
		return rotated{p, p.Path, 0, alone}
	}
	if m := byCount.FindStringSubmatch(p.Name); m != nil {
		return rotated{p, m[1], -number(m[2]), counting}
	}
	if m := byDate.FindStringSubmatch(p.Name); m != nil {
		if month, day := number(m[3]), number(m[4]); month >= 1 && month <= 12 && day >= 1 && day <= 31 {
			return rotated{p, m[1] + m[7], number(m[2] + m[3] + m[4] + (m[5] + "00")[:2] + (m[6] + "00")[:2]), dated}
		}
	}
	return rotated{p, p.Name, newest, alone}
}

// follow reports whether parts of one stem, in order, are a rotated set. In
// doubt they are not: two recordings read apart are a smaller harm than two
// networks mixed into one.
func follow(set []rotated) bool {
	how := alone
	for i, m := range set {
		if m.how != alone {
			if how != alone && how != m.how {
				return false
			}
			how = m.how
		}
		if i > 0 && m.order == set[i-1].order {
			return false
		}
		if i > 0 && m.how == alone && set[i-1].how == alone {
			return false
		}
	}
	switch how {
	case ring:
		for i, m := range set {
			h := m.part.head
			if !h.ok || i > 0 && (h.link != set[0].part.head.link || h.first < set[i-1].part.head.first) {
				return false
			}
		}
		return true
	case counting:
		// A number alone may count anything; it is a rotation where the file
		// being written is there, or the stem says that it is a log.
		return set[len(set)-1].how == alone || strings.Contains(strings.ToLower(set[0].stem), "log") || strings.HasSuffix(set[0].stem, ".json")
	case dated:
		return true
	}
	return false
}
