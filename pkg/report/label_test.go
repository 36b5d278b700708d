package report

import (
	"slices"
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
