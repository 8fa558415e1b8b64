package main

import (
	"math"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   summary
	}{
		{[]float64{7}, summary{7, 7, 7}},
		{[]float64{3, 1, 2}, summary{2, 1, 3}},
		{[]float64{4, 1, 2, 3}, summary{2.5, 1, 4}},
	} {
		if got := summarize(test.values); got != test.want {
			t.Errorf("summarize(%v) = %v; want %v", test.values, got, test.want)
		}
	}
}

func TestSummarizeLeavesItsArgumentAlone(t *testing.T) {
	values := []float64{3, 1, 2}
	summarize(values)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("values = %v; want them in their old order", values)
	}
}

func TestPairedRatio(t *testing.T) {
	// The machine was twice as slow in the second round; the ratio does not show it.
	got := pairedRatio([]float64{5, 10, 5}, []float64{10, 20, 10})
	if want := (summary{0.5, 0.5, 0.5}); got != want {
		t.Errorf("pairedRatio = %v; want %v", got, want)
	}
	if got := pairedRatio([]float64{1}, []float64{0}); !math.IsInf(got.median, 1) {
		t.Errorf("pairedRatio to zero = %v; want infinity", got)
	}
}
