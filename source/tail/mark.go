package tail

import (
	"fmt"
	"strconv"
	"strings"
)

// markVersion stands before the places of a mark.
const markVersion = "tail1"

// place is how far a file has been handed on.
type place struct {
	inode  uint64
	head   int
	hash   string
	id     string
	offset int64
	skip   bool
}

func (f *file) place() place {
	return place{inode: inodeOf(f.info), head: f.head, hash: f.hash, id: f.id, offset: f.offset, skip: f.skip}
}

// mark returns the places in all files.
func (t *tail) mark() string {
	b := append(make([]byte, 0, 16+80*len(t.files)), markVersion...)
	for _, f := range t.files {
		if f.id == "" {
			continue
		}
		b = append(b, ';')
		b = strconv.AppendUint(b, inodeOf(f.info), 10)
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(f.head), 10)
		b = append(append(b, ':'), f.hash...)
		b = append(append(b, ':'), f.id...)
		b = append(b, ':')
		b = strconv.AppendInt(b, f.offset, 10)
		if f.skip {
			b = append(b, 's')
		}
	}
	return string(b)
}

// parseMark reads what mark has written.
func parseMark(mark string) ([]place, error) {
	words := strings.Split(mark, ";")
	if words[0] != markVersion {
		return nil, fmt.Errorf("mark %.40q is not one of tail", mark)
	}
	var places []place
	for _, w := range words[1:] {
		if len(places) >= MaxFiles {
			return nil, fmt.Errorf("mark holds more than %d files", MaxFiles)
		}
		p, err := parsePlace(w)
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, nil
}

func parsePlace(w string) (place, error) {
	parts := strings.Split(w, ":")
	if len(parts) != 5 {
		return place{}, fmt.Errorf("place %.80q of the mark has %d parts, not 5", w, len(parts))
	}
	p := place{hash: parts[2], id: parts[3]}
	offset, skip := strings.CutSuffix(parts[4], "s")
	p.skip = skip
	var err1, err2, err3 error
	p.inode, err1 = strconv.ParseUint(parts[0], 10, 64)
	p.head, err2 = strconv.Atoi(parts[1])
	p.offset, err3 = strconv.ParseInt(offset, 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || p.head <= 0 || p.head > maxHead || p.offset < 0 || len(p.hash) != 16 || len(p.id) != 16 {
		return place{}, fmt.Errorf("place %.80q of the mark is damaged", w)
	}
	return p, nil
}
