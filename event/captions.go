package event

import (
	"maps"
	"slices"
)

// Classes returns the classes that Bongsu writes, ascending.
func Classes() []Class { return slices.Sorted(maps.Keys(classNames)) }

// Name returns OCSF's caption of the class, "" for one that Bongsu does not
// write.
func (c Class) Name() string { return classNames[c] }

// Activities returns OCSF's captions of activity_id in the class, by number. An
// empty caption is a number that is not given out; 99 is Other.
func (c Class) Activities() []string {
	names, ok := activities[c]
	if !ok {
		return nil
	}
	out := append([]string{"Unknown"}, names[min(1, len(names)):]...)
	return out
}

// Captions returns OCSF's captions of the numbers that a column may hold, by
// number, and nil for a column that is no list of numbers. An empty caption is
// a number that is not given out; 99 is Other. Those of activity_id depend on
// the class.
func (p Path) Captions() []string {
	for _, enum := range enums {
		if enum.id == p {
			return slices.Clone(enum.captions)
		}
	}
	return nil
}
