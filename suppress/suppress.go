// Package suppress holds stated reasons not to act on findings: what a
// suppression is, which findings it means, and how it is written as options of
// the command line. It does not keep suppressions nor apply them; package
// incident does.
package suppress

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/text"
)

// Limits of suppressions.
const (
	MaxReason  = 2 << 10              // bytes
	MaxMatches = 16                   // entities of a scope
	MaxPattern = 256                  // bytes
	MaxHush    = 366 * 24 * time.Hour // from now to Until or Review
)

// ErrInvalid says that a request is not valid. It is a *FieldError.
var ErrInvalid = errors.New("not valid")

// A FieldError says which member of a request is wrong. It is an ErrInvalid.
type FieldError struct {
	Field string // as the API names it: "until", "scope.entities[0].value"
	Value string
	Said  text.Said // what is wrong and what to do
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Said.EN)
}

// Is makes it an ErrInvalid.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

// maxQuoted bounds what an error repeats of a value.
const maxQuoted = 80

// Wrong returns a FieldError that says m.
func Wrong(field, value string, m text.Message, args text.Args) *FieldError {
	if len(value) > maxQuoted {
		value = strings.ToValidUTF8(value[:maxQuoted], "") + "…"
	}
	return &FieldError{Field: field, Value: value, Said: m.Say(args)}
}

// A Suppression is a stated reason not to act on findings, with an end.
// Suppressed findings are kept and can be found; they are part of no incident.
type Suppression struct {
	ID      string `json:"id"` // sup_…
	Reason  string `json:"reason"`
	Scope   Scope  `json:"scope"`
	Version int    `json:"version"` // counts changes by people

	Created time.Time `json:"created"`
	Creator string    `json:"creator"`
	// Until is when it ends. Where UntilRemoved is set it ends by hand only, and
	// Review is the day by which somebody looks whether it is still needed.
	Until        time.Time `json:"until,omitzero"`
	UntilRemoved bool      `json:"until_removed,omitempty"`
	Review       time.Time `json:"review,omitzero"`
	// ApplyToOpen says that it also holds for findings of incidents that were
	// not closed when it was made. Otherwise it holds for new findings only.
	ApplyToOpen bool `json:"apply_to_open,omitempty"`

	Ended   time.Time `json:"ended,omitzero"` // when it ran out or was removed
	EndedBy string    `json:"ended_by,omitempty"`

	Used     int64     `json:"used"` // findings that it silenced
	LastUsed time.Time `json:"last_used,omitzero"`
}

// Holds reports whether the suppression is in force.
func (s *Suppression) Holds(now time.Time) bool {
	return s.Ended.IsZero() && (s.UntilRemoved || now.Before(s.Until))
}

// ReviewDue reports whether somebody should look whether it is still needed.
func (s *Suppression) ReviewDue(now time.Time) bool {
	return s.Holds(now) && s.UntilRemoved && !now.Before(s.Review)
}

// A Scope says which findings are meant: those for which everything that it
// gives holds. At least one member must be given.
type Scope struct {
	Detector string `json:"detector,omitempty"` // "scan"
	Rule     string `json:"rule,omitempty"`     // "scan/vertical"
	// Sources, targets, services and whatever else must take part.
	Entities []Match `json:"entities,omitempty"`
	Port     uint16  `json:"port,omitempty"` // every event of the evidence goes to it
	// Segments in which every address that acts, or is a target, lies.
	SourceSegment string `json:"source_segment,omitempty"`
	TargetSegment string `json:"target_segment,omitempty"`
	// Pattern must fit the title, in either language, or the value of an entity,
	// as a whole and without regard to case: * is any text, ? one character, [*]
	// and [?] are these themselves.
	// Between slashes it is a regular expression (RE2), which may fit a part.
	Pattern string `json:"pattern,omitempty"`
	Tenant  string `json:"tenant,omitempty"` // organisation
}

// A Match is one entity that must take part in a finding. Where the finding
// names several of that kind in that role, every one of them must match: a
// suppression for one target does not hide that others were attacked too.
type Match struct {
	Kind  string      `json:"kind"`           // ip, host, user, domain, url, mac, service
	Value string      `json:"value"`          // of ip also a prefix, 10.0.0.0/24; of others a pattern of * and ?, [*] and [?] for these themselves, without regard to case
	Role  detect.Role `json:"role,omitempty"` // "" is any
}

// kindsOfMatch are the kinds of entity that findings name.
var kindsOfMatch = []string{"ip", "host", "user", "domain", "url", "mac", "service"}

// Check reports what is wrong with a suppression that is to be saved at now: a
// *FieldError.
func (s *Suppression) Check(now time.Time) error {
	if err := s.checkEnds(now); err != nil {
		return err
	}
	_, err := s.Scope.Compile()
	return err
}

// checkEnds checks the reason and the end.
func (s *Suppression) checkEnds(now time.Time) error {
	switch {
	case strings.TrimSpace(s.Reason) == "":
		return Wrong("reason", s.Reason, sayNoReason, nil)
	case len(s.Reason) > MaxReason || !utf8.ValidString(s.Reason):
		return Wrong("reason", s.Reason, sayTooLong, text.Args{"max": MaxReason})
	case s.UntilRemoved && !s.Until.IsZero():
		return Wrong("until", s.Until.Format(time.RFC3339), sayBothEnds, nil)
	case s.UntilRemoved && s.Review.IsZero():
		return Wrong("review", "", sayNoReview, nil)
	case s.UntilRemoved:
		return checkEnd("review", s.Review, now)
	case s.Until.IsZero():
		return Wrong("until", "", sayNoEnd, nil)
	}
	return checkEnd("until", s.Until, now)
}

func checkEnd(field string, end, now time.Time) error {
	switch {
	case !end.After(now):
		return Wrong(field, end.UTC().Format(time.RFC3339), sayEndPast, nil)
	case end.Sub(now) > MaxHush:
		return Wrong(field, end.UTC().Format(time.RFC3339), sayEndFar, nil)
	}
	return nil
}

// A Matcher is a Scope that was checked. It may be used by many goroutines.
type Matcher struct {
	scope    Scope
	entities []func(detect.Entity) bool // nil where kind or role differ is checked before
	pattern  func(string) bool
}

// Compile checks a scope. The error is a *FieldError.
func (s Scope) Compile() (*Matcher, error) {
	m := &Matcher{scope: s}
	if s.Detector == "" && s.Rule == "" && len(s.Entities) == 0 && s.Port == 0 && s.SourceSegment == "" && s.TargetSegment == "" && s.Pattern == "" {
		return nil, Wrong("scope", "", sayNoScope, nil)
	}
	if d, r, ok := strings.Cut(s.Rule, "/"); s.Rule != "" && (!ok || d == "" || r == "") {
		return nil, Wrong("scope.rule", s.Rule, sayRuleForm, nil)
	}
	if len(s.Entities) > MaxMatches {
		return nil, Wrong("scope.entities", fmt.Sprint(len(s.Entities)), sayTooManyEntities, text.Args{"max": MaxMatches})
	}
	for i, e := range s.Entities {
		field := fmt.Sprintf("scope.entities[%d]", i)
		switch {
		case !slices.Contains(kindsOfMatch, e.Kind):
			return nil, Wrong(field+".kind", e.Kind, sayKind, text.Args{"known": strings.Join(kindsOfMatch, ", ")})
		case e.Role != "" && e.Role != detect.Actor && e.Role != detect.Target && e.Role != detect.Related:
			return nil, Wrong(field+".role", string(e.Role), sayRole, nil)
		case e.Value == "" || len(e.Value) > MaxPattern:
			return nil, Wrong(field+".value", e.Value, sayValue, text.Args{"max": MaxPattern})
		}
		fits, err := e.compile(field)
		if err != nil {
			return nil, err
		}
		m.entities = append(m.entities, fits)
	}
	if s.Pattern == "" {
		return m, nil
	}
	if len(s.Pattern) > MaxPattern {
		return nil, Wrong("scope.pattern", s.Pattern, sayValue, text.Args{"max": MaxPattern})
	}
	if inner, ok := strings.CutPrefix(s.Pattern, "/"); ok && strings.HasSuffix(inner, "/") && len(inner) > 1 {
		re, err := regexp.Compile("(?i)" + strings.TrimSuffix(inner, "/"))
		if err != nil {
			return nil, Wrong("scope.pattern", s.Pattern, sayPattern, text.Args{"why": err.Error()})
		}
		m.pattern = re.MatchString
		return m, nil
	}
	m.pattern = glob(s.Pattern)
	return m, nil
}

// compile returns what tells whether the value of an entity matches.
func (e Match) compile(field string) (func(detect.Entity) bool, error) {
	if e.Kind != "ip" {
		fits := glob(e.Value)
		return func(x detect.Entity) bool { return fits(x.Value) }, nil
	}
	prefix, err := netip.ParsePrefix(e.Value)
	if err != nil {
		addr, err := netip.ParseAddr(e.Value)
		if err != nil {
			return nil, Wrong(field+".value", e.Value, sayAddress, nil)
		}
		prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
	}
	prefix = prefix.Masked()
	return func(x detect.Entity) bool {
		addr, err := netip.ParseAddr(x.Value)
		return err == nil && prefix.Contains(addr.Unmap().WithZone(""))
	}, nil
}

// glob returns what tells whether a text fits a pattern of * and ?, as a whole
// and without regard to case; [*] and [?] are the characters themselves. It
// takes time in proportion to both.
func glob(pattern string) func(string) bool {
	var b strings.Builder
	b.WriteString(`(?is)^`)
	for rest := pattern; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "[*]"), strings.HasPrefix(rest, "[?]"):
			b.WriteString(rest[:3])
			rest = rest[3:]
			continue
		case rest[0] == '*':
			b.WriteString(`.*`)
		case rest[0] == '?':
			b.WriteString(`.`)
		default:
			n := strings.IndexAny(rest[1:], "*?[") + 1
			if n == 0 {
				n = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[:n]))
			rest = rest[n:]
			continue
		}
		rest = rest[1:]
	}
	b.WriteString(`$`)
	re, err := regexp.Compile(b.String())
	if err != nil { // a pattern of invalid UTF-8
		return func(s string) bool { return strings.EqualFold(s, pattern) }
	}
	return re.MatchString
}

// literal returns the pattern that fits a text alone.
func literal(text string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]").Replace(text)
}

// Fits reports whether a finding is meant. Port is the one port of its
// evidence, 0 where there are several or none.
func (m *Matcher) Fits(f *detect.Finding, port int64, segments *segment.Map) bool {
	s := &m.scope
	switch {
	case s.Tenant != "" && s.Tenant != f.Tenant:
		return false
	case s.Detector != "" && (f.Rule == nil || f.Rule.Detector != s.Detector):
		return false
	case s.Rule != "" && (f.Rule == nil || f.Rule.Detector+"/"+f.Rule.Name != s.Rule):
		return false
	case s.Port != 0 && int64(s.Port) != port:
		return false
	case s.SourceSegment != "" && !within(f, detect.Actor, s.SourceSegment, segments):
		return false
	case s.TargetSegment != "" && !within(f, detect.Target, s.TargetSegment, segments):
		return false
	}
	for i, e := range s.Entities {
		if !m.takesPart(f, e, m.entities[i]) {
			return false
		}
	}
	return m.pattern == nil || m.pattern(f.Title.EN) || m.pattern(f.Title.KO) ||
		slices.ContainsFunc(f.Entities, func(e detect.Entity) bool { return m.pattern(e.Value) })
}

// takesPart reports whether all that play the role in the finding match.
func (m *Matcher) takesPart(f *detect.Finding, want Match, matches func(detect.Entity) bool) bool {
	roles := []detect.Role{want.Role}
	if want.Role == "" {
		roles = []detect.Role{detect.Actor, detect.Target, detect.Related}
	}
	return slices.ContainsFunc(roles, func(role detect.Role) bool {
		return every(f, role, want.Kind, matches)
	})
}

// every reports whether a finding names somebody of that role and kind and all
// of them match. Where it has left names out, nothing is known of these: only a
// role that a single name plays is certain, as names are left out of the role
// that many play.
func every(f *detect.Finding, role detect.Role, kind string, matches func(detect.Entity) bool) bool {
	n := 0
	for _, e := range f.Entities {
		if e.Role != role || e.Kind != kind {
			continue
		}
		if !matches(e) {
			return false
		}
		n++
	}
	return n > 0 && (n == 1 || len(f.Entities) < detect.MaxEntities)
}

func within(f *detect.Finding, role detect.Role, name string, segments *segment.Map) bool {
	if segments == nil {
		return false
	}
	return every(f, role, "ip", func(e detect.Entity) bool {
		addr, err := netip.ParseAddr(e.Value)
		return err == nil && segments.Of(addr) == name
	})
}

// OnePort returns the port that every event of the evidence goes to, or 0.
func OnePort(f *detect.Finding) int64 {
	var port int64
	for i := range f.Evidence {
		p := f.Evidence[i].DstPort
		if p == 0 || i > 0 && p != port {
			return 0
		}
		port = p
	}
	return port
}

// RuleName returns a rule's name as suppressions give it.
func RuleName(r *detect.Rule) string {
	if r == nil {
		return ""
	}
	return r.Detector + "/" + r.Name
}
