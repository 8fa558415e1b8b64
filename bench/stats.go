package main

import (
	"math"
	"slices"
)

// A summary describes the rounds of one measurement.
type summary struct{ median, low, high float64 }

// summarize needs at least one value.
func summarize(values []float64) summary {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	median := sorted[n/2]
	if n%2 == 0 {
		median = (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return summary{median: median, low: sorted[0], high: sorted[n-1]}
}

// pairedRatio summarizes values[i]/base[i]: rounds that ran side by side are compared with each
// other, so that a slow moment of the machine cancels out. Neither may be longer than the other; a
// base of zero makes that round's ratio infinite.
func pairedRatio(values, base []float64) summary {
	ratios := make([]float64, len(values))
	for i, value := range values {
		if base[i] == 0 {
			ratios[i] = math.Inf(1)
			continue
		}
		ratios[i] = value / base[i]
	}
	return summarize(ratios)
}
