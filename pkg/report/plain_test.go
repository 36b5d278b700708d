package report

import "testing"

// A small price has few digits to lose: DOGE's low of 10 October is 0.08385, and neither 0.0838 nor 0.0839.
func TestPlainKeepsSmallFigures(t *testing.T) {
	for _, c := range []struct {
		n    Number
		want string
	}{
		{0, "0"}, {0.08385, "0.08385"}, {-0.08385, "−0.08385"}, {0.0000012346, "0.000001235"}, {0.5, "0.5"}, {0.888374, "0.8884"}, {3134.709, "3,134.71"},
	} {
		if got := plain(c.n); got != c.want {
			t.Errorf("plain(%v) = %q, expected %q", float64(c.n), got, c.want)
		}
	}
}
