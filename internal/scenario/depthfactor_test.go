package scenario_test

import (
	"math"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A factor of one half halves what is stated, rounded down; a depth that is there stays at least one unit; what does not fit is the most
// that does. A factor of 1 is none: scenario and hash are those without it.
func TestDepthFactorByHand(t *testing.T) {
	s := parse(t, small)
	before := s.Hash()
	if err := s.Set("execution.depth=3000001", "execution.depth_of=[{symbol: ETHUSDT, depth: 0.00000003}]"); err != nil {
		t.Fatal(err)
	}
	stated := s.Hash()
	for _, c := range []struct {
		factor   string
		own, any market.Quote
	}{
		{"1", 3, 3_000_001 * market.Scale},
		{"0.5", 1, 1_500_000*market.Scale + market.Scale/2},
		{"50%", 1, 1_500_000*market.Scale + market.Scale/2},
		{"2", 6, 6_000_002 * market.Scale},
		{"0.1", 1, 300_000*market.Scale + market.Scale/10},
		{"1000000", 3_000_000, math.MaxInt64},
	} {
		if err := s.Set("execution.depth_factor=" + c.factor); err != nil {
			t.Fatal(err)
		}
		if d, own := s.Execution.DepthFor("ETHUSDT"); d != c.own || !own {
			t.Errorf("factor %s: depth of its own %v, %v; expected %v", c.factor, d, own, c.own)
		}
		if d, own := s.Execution.DepthFor("BTCUSDT"); d != c.any || own {
			t.Errorf("factor %s: depth %v, its own %v; expected %v", c.factor, d, own, c.any)
		}
		if same := s.Hash() == stated; same != (c.factor == "1") {
			t.Errorf("factor %s: hash as without it: %v", c.factor, same)
		}
	}
	s = parse(t, small)
	if err := s.Set("execution.depth_factor=1"); err != nil || s.Hash() != before {
		t.Errorf("a factor of 1 changes the hash (error %v)", err)
	}
	for _, wrong := range []string{"0", "-1", "1000001", "deep"} {
		s = parse(t, small)
		if err := s.Set("execution.depth_factor=" + wrong); err == nil || !strings.Contains(err.Error(), "execution.depth_factor: ") {
			t.Errorf("factor %s: error %v", wrong, err)
		}
	}
}
