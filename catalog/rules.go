package catalog

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/detect/sigma"
)

// Rules are detection rules that come as files.
type Rules struct {
	Problems []error // each names file, line and reason
	loaded   []*sigma.Rule
}

// Add reads the rules of one file.
func (r *Rules) Add(path string, content []byte) {
	rules, problems := sigma.Parse(path, content)
	r.loaded = append(r.loaded, rules...)
	for _, p := range problems {
		r.Problems = append(r.Problems, p)
	}
}

// Count returns how many rules were loaded.
func (r *Rules) Count() int { return len(r.loaded) }

// Detectors returns the detector that runs the rules, none where there is no
// rule.
func (r *Rules) Detectors() []detect.Kind {
	if len(r.loaded) == 0 {
		return nil
	}
	return []detect.Kind{sigma.Kind(r.loaded)}
}
