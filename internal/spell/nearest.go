// Package spell guesses which known word a mistyped one meant. It stands alone, so that rooms that share nothing else, such as
// pkg/risk/calc and pkg/strategy, guess alike.
package spell

// longest is the length of a word, in bytes, beyond which nothing is guessed: the cost grows with its square.
const longest = 100

// Nearest returns the first of known that takes the fewest edits to reach, within a third of word's length and at least 2;
// ok is false when none is that close.
func Nearest(word string, known []string) (guess string, ok bool) {
	if len(word) > longest {
		return "", false
	}
	fewest := max(2, len(word)/3) + 1
	for _, k := range known {
		if len(k) > 2*longest {
			continue
		}
		if d := edits(word, k); d < fewest {
			guess, ok, fewest = k, true, d
		}
	}
	return guess, ok
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
