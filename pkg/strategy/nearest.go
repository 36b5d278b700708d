package strategy

import (
	"fmt"
	"strings"
)

// unknown lists the known names and guesses which one was meant.
func unknown(sentinel error, what, name string, known []string) error {
	hint := ""
	if guess, ok := Nearest(name, known); ok {
		hint = fmt.Sprintf(": did you mean %q?", guess)
	}
	expected := "none"
	if len(known) > 0 {
		expected = strings.Join(known, ", ")
	}
	return fmt.Errorf("%w: unknown %s %q%s (known: %s)", sentinel, what, name, hint, expected)
}

// Nearest returns the first of known that takes the fewest edits to reach, within a third of name's length and at least 2;
// ok is false when none is that close.
func Nearest(name string, known []string) (guess string, ok bool) {
	best, limit := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := edits(name, k); d < limit {
			best, limit = k, d
		}
	}
	return best, best != ""
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
