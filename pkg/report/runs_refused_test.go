package report

import (
	"strings"
	"testing"
)

// Shares of the entries that a venue took are no shares of all entries: a run with refusals says of how many, be it the
// baseline or not.
func TestProbabilitySaysOfHowManyWhereEntriesWereRefused(t *testing.T) {
	run := func(name string, refused int) RunColumn {
		return RunColumn{Name: name, Groups: []Group{{Name: "rule", Accounts: 2000, Refused: refused}}}
	}
	c := &RunComparison{Runs: []RunColumn{run("a", 354), run("b", 0)}}
	cells := c.ProbabilityRows()[0].Cells
	if !strings.HasSuffix(cells[0], " of 1,646") || !strings.HasSuffix(cells[1], " of 2,000") {
		t.Errorf("cells %q; expected to end with of 1,646 and of 2,000", cells)
	}
}
