package getopt

import "strings"

// Nearest is the candidate that was probably meant by name, or "" if none is near: a candidate
// that name begins with or that begins with name, else the one with the fewest edits, at most a
// third of its letters.
func Nearest(name string, candidates []string) string {
	name = strings.ToLower(name)
	if len(name) < 2 || len(name) > 64 {
		return ""
	}
	best, least := "", len(name)
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		cost := distance(name, lower)
		if strings.HasPrefix(name, lower) || len(name) > 3 && strings.HasPrefix(lower, name) {
			cost = 1
		}
		if cost <= max(1, len(lower)/3) && cost < least {
			best, least = candidate, cost
		}
	}
	return best
}

// distance is the number of bytes to insert, delete, replace or swap with their neighbour to make
// b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
