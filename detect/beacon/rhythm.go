package beacon

import (
	"slices"
	"time"
)

// A rhythm is what the times and sizes of visits have in common.
type rhythm struct {
	visits    int
	span      time.Duration
	median    time.Duration // between two visits
	scatter   time.Duration // their median absolute deviation
	steady    float64       // share of intervals near the median
	typicalIn int64         // bytes of an answer
	score     float64       // 0 to 1
}

// The weights of the score. The scatter tells most; sizes tell least, because
// encryption pads and orders differ.
const (
	scatterWeight  = 0.45
	steadyWeight   = 0.30
	symmetryWeight = 0.10
	sizeWeight     = 0.15
)

// measure judges visits that are sorted by time.
func measure(visits []visit, sized bool) rhythm {
	r := rhythm{visits: len(visits)}
	if len(visits) < 4 {
		return r
	}
	r.span = time.Duration(visits[len(visits)-1].at - visits[0].at)
	gaps := make([]int64, len(visits)-1)
	for i := range gaps {
		gaps[i] = visits[i+1].at - visits[i].at
	}
	q1, median, q3 := quartiles(gaps)
	if median <= 0 {
		return r
	}
	r.median = time.Duration(median)
	deviation := deviation(gaps, median)
	r.scatter = time.Duration(deviation)

	near := 0
	for _, g := range gaps {
		if g >= median/2 && g <= median+median/2 {
			near++
		}
	}
	r.steady = float64(near) / float64(len(gaps))

	// What chance gives counts nothing: exponential gaps scatter by 0.7 of
	// their median.
	score := scatterWeight * clamp(1-2*float64(deviation)/float64(median))
	score += steadyWeight * clamp(2*r.steady-1)
	symmetry := 1.0
	if q3-q1 > median/50 {
		symmetry = 1 - abs(float64(q1+q3-2*median)/float64(q3-q1))
	}
	score += symmetryWeight * clamp(symmetry)
	weights := scatterWeight + steadyWeight + symmetryWeight
	if sized {
		score += sizeWeight * alike(visits)
		weights += sizeWeight
	}
	in := make([]int64, len(visits))
	for i, v := range visits {
		in[i] = v.in
	}
	_, r.typicalIn, _ = quartiles(in)
	r.score = score / weights
	return r
}

// alike scores how little the sizes of requests scatter.
func alike(visits []visit) float64 {
	out := make([]int64, len(visits))
	for i, v := range visits {
		out[i] = v.out
	}
	_, median, _ := quartiles(out)
	if median <= 0 {
		return 0
	}
	return clamp(1 - 2*float64(deviation(out, median))/float64(median))
}

func quartiles(values []int64) (q1, median, q3 int64) {
	s := slices.Clone(values)
	slices.Sort(s)
	at := func(part float64) int64 { return s[int(part*float64(len(s)-1)+0.5)] }
	return at(0.25), at(0.5), at(0.75)
}

// deviation returns the median absolute deviation.
func deviation(values []int64, median int64) int64 {
	d := make([]int64, len(values))
	for i, v := range values {
		d[i] = max(v-median, median-v)
	}
	slices.Sort(d)
	return d[len(d)/2]
}

func clamp(f float64) float64 { return min(1, max(0, f)) }

func abs(f float64) float64 { return max(f, -f) }
