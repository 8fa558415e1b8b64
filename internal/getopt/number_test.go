package getopt

import "testing"

func TestID(t *testing.T) {
	for value, want := range map[string]int{"0": 0, "2101": 2101, "4294967294": 4294967294} {
		if got, err := ID(value); got != want || err != nil {
			t.Errorf("ID(%q) = %d, %v; want %d", value, got, err, want)
		}
	}
	for _, value := range []string{"", "ann", "-1", "4294967295", "4294967296", "1.5", " 1"} {
		if got, err := ID(value); err == nil {
			t.Errorf("ID(%q) = %d, nil; want an error", value, got)
		}
	}
}

func TestBetween(t *testing.T) {
	for value, want := range map[string]int{"1": 1, "7": 7, "10": 10} {
		if got, err := Between(value, 1, 10); got != want || err != nil {
			t.Errorf("Between(%q) = %d, %v; want %d", value, got, err, want)
		}
	}
	for _, value := range []string{"", "0", "11", "-1", "x", "1x"} {
		if got, err := Between(value, 1, 10); err == nil {
			t.Errorf("Between(%q) = %d, nil; want an error", value, got)
		}
	}
}
