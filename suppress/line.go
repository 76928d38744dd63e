package suppress

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/detect"
)

// Suggest returns the scope that the finding's own words on how to hush it
// describe: its rule, narrowed by whom the rule names. It is false where the
// finding names too many to narrow by: then a person decides.
func Suggest(f *detect.Finding) (Scope, bool) {
	if f.Rule == nil {
		return Scope{}, false
	}
	s := Scope{Rule: RuleName(f.Rule), Tenant: f.Tenant}
	for _, by := range f.Rule.HushBy {
		switch by {
		case detect.BySource:
			s.narrow(f, detect.Actor, "ip", "host", "mac", "domain", "url", "user")
		case detect.ByTarget:
			s.narrow(f, detect.Target, "domain", "url", "host", "ip", "mac")
		case detect.ByUser:
			s.narrow(f, detect.Target, "user")
		case detect.ByService:
			s.narrow(f, detect.Related, "service")
		case detect.ByPort:
			s.Port = uint16(OnePort(f)) //nolint:gosec // a port, or 0
		}
	}
	return s, len(s.Entities) > 0 || s.Port != 0
}

// narrow adds the first of the kinds of which the finding names exactly one in
// a role. Where it names several of each there is nothing to narrow by.
func (s *Scope) narrow(f *detect.Finding, role detect.Role, kinds ...string) {
	for _, kind := range kinds {
		var only []string
		for _, e := range f.Entities {
			if e.Role == role && e.Kind == kind {
				only = append(only, e.Value)
			}
		}
		if len(only) != 1 {
			continue
		}
		m := Match{Kind: kind, Value: only[0], Role: role}
		if kind != "ip" { // a name may have been chosen by an attacker
			m.Value = literal(m.Value)
		}
		if _, err := (Scope{Entities: []Match{m}}).Compile(); err != nil {
			continue
		}
		s.Entities = append(s.Entities, m)
		return
	}
}

// Line returns the scope as options of the command line, quoted for a shell:
//
//	--rule scan/vertical --source 203.0.113.9
//
// Together with --reason and --until it is what `bongsu suppress` takes.
func (s Scope) Line() string {
	var out []string
	add := func(option, value string) {
		if value != "" {
			out = append(out, option+" "+quote(value))
		}
	}
	add("--detector", s.Detector)
	add("--rule", s.Rule)
	for _, m := range s.Entities {
		add("--"+optionOf(m), m.word())
	}
	if s.Port != 0 {
		add("--port", strconv.Itoa(int(s.Port)))
	}
	add("--source-segment", s.SourceSegment)
	add("--target-segment", s.TargetSegment)
	add("--pattern", s.Pattern)
	add("--tenant", s.Tenant)
	return strings.Join(out, " ")
}

// optionOf returns the option that gives a match on the command line.
func optionOf(m Match) string {
	switch m.Role {
	case detect.Actor:
		return "source"
	case detect.Target:
		return "target"
	case detect.Related:
		return "related"
	}
	return "entity"
}

// word returns the match as its option takes it: an address or a prefix as it
// is, anything else behind its kind.
func (m Match) word() string {
	if m.Kind == "ip" {
		return m.Value
	}
	return m.Kind + ":" + m.Value
}

// ParseMatch reads the value of the options --source, --target, --related and
// --entity, whose roles are actor, target, related and any: an address, a
// prefix, or KIND:VALUE as in user:jiwoo. Field names the option in errors, which
// are *FieldError.
func ParseMatch(field string, role detect.Role, word string) (Match, error) {
	m := Match{Kind: "ip", Value: word, Role: role}
	if kind, value, ok := strings.Cut(word, ":"); ok && slices.Contains(kindsOfMatch, kind) {
		m.Kind, m.Value = kind, value
	} else if _, err := netip.ParseAddr(word); err != nil {
		if _, err := netip.ParsePrefix(word); err != nil {
			return Match{}, Wrong(field, word, sayWord, nil)
		}
	}
	if _, err := (Scope{Entities: []Match{m}}).Compile(); err != nil {
		return Match{}, err
	}
	return m, nil
}

// quote writes a word so that a shell takes it as it is.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+,=", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
