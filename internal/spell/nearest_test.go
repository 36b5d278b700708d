package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, known, want string }{
		{"levrage", "leverage stop", "leverage"},
		{"stpo", "shop stop", "stop"},
		{"ab", "xyz", ""}, // three edits, two are allowed
		{"crowd.acounts", "crowd.accounts crowd.long_share", "crowd.accounts"},
		{strings.Repeat("a", 101), strings.Repeat("a", 100), ""},
		{"", "", ""},
	} {
		got, ok := Nearest(c.word, strings.Fields(c.known))
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q among %s: %q, %v; expected %q", c.word, c.known, got, ok, c.want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"", "abc", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: %d edits; expected %d", c.a, c.b, got, c.want)
		}
	}
}
