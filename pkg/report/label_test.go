package report

import (
	"slices"
	"strings"
	"testing"
)

func TestLabelLines(t *testing.T) {
	for _, c := range []struct {
		name string
		want []string
	}{
		{"10x, stop 2%", []string{"10x, stop 2%"}},
		{"dollar risk off, stop off, far liquidation off, isolated on", []string{"dollar risk off, stop off,", "far liquidation off,", "isolated on"}},
		{"one, two, three, four, five, six, seven, eight, nine, ten", []string{"one, two, three, four,", "five, six, seven, eight,", "nine, ten"}},
		{"a name without a comma that is long", []string{"a name without a comma th…"}},
	} {
		if got := labelLines(c.name, 26); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q; expected %q", c.name, got, c.want)
		}
	}
}

// Beside one line a row has its usual height, beside three lines room for them; the name stands whole in every group chart.
func TestRowsHoldTheirNames(t *testing.T) {
	long := "dollar risk off, stop off, far liquidation off, isolated on"
	names := []string{"10x, stop 2%", long}
	if one, three := rowFor(1, func(i int) string { return names[i] }), rowFor(2, func(i int) string { return names[i] }); one != groupRow || three != 3*labelLine+6 {
		t.Errorf("rows of %v and %v", one, three)
	}
	q := Quantiles{P05: -0.5, P25: -0.2, Median: 0, P75: 0.2, P95: 0.5}
	groups := []Group{{Name: long, Accounts: 2, Return: q, Outcomes: []OutcomeCount{{Outcome: "liquidated", Accounts: 1}}}}
	for _, chart := range []string{string(outcomesChart(groups)), string(returnsChart(groups))} {
		if !strings.Contains(chart, "far liquidation off,") || !strings.Contains(chart, "isolated on") {
			t.Errorf("a name is cut in %.200s", chart)
		}
	}
}
