package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGridByHand(t *testing.T) {
	// Two factors with two levels; cells 00, 01, 10, 11 (the last factor moves first), one entry each.
	g := Grid{2, 2}
	response := [][]float64{{1}, {3}, {10}, {20}}
	for _, c := range []struct {
		term Term
		want float64
	}{
		{Term{1, 0}, (10.0+20)/2 - (1.0+3)/2},       // 13
		{Term{0, 1}, (3.0+20)/2 - (1.0+10)/2},       // 6
		{Term{1, 1}, ((20.0 - 10) - (3.0 - 1)) / 2}, // 4: the second factor adds 10 with the first, 2 without
	} {
		if got := g.Contrast(c.term, response)[0]; got != c.want {
			t.Errorf("%v: %v, expected %v", c.term, got, c.want)
		}
	}
	// Three levels beside two: each level is compared with the first.
	g = Grid{3, 2}
	response = [][]float64{{0}, {2}, {4}, {8}, {10}, {30}}
	for _, c := range []struct {
		term Term
		want float64
	}{
		{Term{1, 0}, 6 - 1}, {Term{2, 0}, 20 - 1}, {Term{0, 1}, (2.0 + 4 + 20) / 3},
		{Term{1, 1}, (4.0 - 2) / 2}, {Term{2, 1}, (20.0 - 2) / 2},
	} {
		if got := g.Contrast(c.term, response)[0]; math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %v, expected %v", c.term, got, c.want)
		}
	}
	if terms := g.Terms(2); len(terms) != g.Cells()-1 || !slices.Equal(terms[0], Term{1, 0}) || !slices.Equal(terms[1], Term{2, 0}) || !slices.Equal(terms[2], Term{0, 1}) {
		t.Errorf("terms %v", terms)
	}
	if terms := g.Terms(1); len(terms) != 3 {
		t.Errorf("main effects %v, expected 3", terms)
	}
}

// TestGridIsFactorial compares with the two-level factorial, whose cells number factors by bits.
func TestGridIsFactorial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factors, entries := rapid.IntRange(1, 4).Draw(t, "factors"), rapid.IntRange(1, 30).Draw(t, "entries")
		g := make(Grid, factors)
		for i := range g {
			g[i] = 2
		}
		byGrid, byBits := make([][]float64, g.Cells()), make([][]float64, g.Cells())
		for c := range byGrid {
			bits := 0
			for f := range factors {
				bits |= c >> (factors - 1 - f) & 1 << f
			}
			byGrid[c] = rapid.SliceOfN(rapid.Float64Range(-1000, 1000), entries, entries).Draw(t, "responses")
			byBits[bits] = byGrid[c]
		}
		contrasts := Contrasts(byBits)
		b := Bootstrap{Level: 0.95, Resamples: 50, Seed: 3, Block: 4}
		effects := FactorialBlocks(byBits, b, "")
		for _, term := range g.Terms(factors) {
			bits := 0
			for f, level := range term {
				bits |= level << f
			}
			got := g.Contrast(term, byGrid)
			for j := range got {
				if math.Abs(got[j]-contrasts[bits][j]) > 1e-9 {
					t.Fatalf("%v, entry %d: %v, expected %v", term, j, got[j], contrasts[bits][j])
				}
			}
			i, want := MeanDifference(got, b, ""), effects[bits].Interval
			if math.Abs(i.Estimate-want.Estimate)+math.Abs(i.Low-want.Low)+math.Abs(i.High-want.High) > 1e-9 {
				t.Fatalf("%v: %v, expected %v", term, i, want)
			}
		}
	})
}

// TestFactorThatChangesNothing: every effect with it is exactly zero, and so are its bounds.
func TestFactorThatChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Grid(rapid.SliceOfN(rapid.IntRange(2, 3), 1, 3).Draw(t, "levels"))
		idle, entries := rapid.IntRange(0, len(g)-1).Draw(t, "idle"), rapid.IntRange(1, 60).Draw(t, "entries")
		rest := 1 // cells within a level of the idle factor
		for _, levels := range g[idle+1:] {
			rest *= levels
		}
		response := make([][]float64, g.Cells())
		for c := range response {
			if level := c / rest % g[idle]; level > 0 {
				response[c] = slices.Clone(response[c-level*rest])
				continue
			}
			response[c] = rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), entries, entries).Draw(t, "responses")
		}
		b := Bootstrap{Level: 0.95, Resamples: 40, Seed: 1, Block: rapid.IntRange(1, 8).Draw(t, "block")}
		terms := g.Terms(len(g))
		short, p := g.Shortfalls(terms, response, 0.95, b, "")
		for i, term := range terms {
			if term[idle] == 0 {
				continue
			}
			contrast := g.Contrast(term, response)
			m := MeanDifference(contrast, b, "")
			flip := SignFlip{Samples: 100, Seed: 1, Block: b.Block, Level: 0.95}.Test(contrast)
			for _, v := range []float64{m.Estimate, m.Low, m.High, short[i].Estimate, short[i].Low, short[i].High, 1 - flip.Estimate, 1 - p[i]} {
				if v != 0 {
					t.Fatalf("%v of a factor that changes nothing: mean %v, shortfall %v, p %v and %v", term, m, short[i], flip.Estimate, p[i])
				}
			}
		}
	})
}

func TestShortfallsByHand(t *testing.T) {
	// Of 20 values the worst twentieth is one: -5 and -9 in the two cells, so the effect is -4.
	off, on := make([]float64, 20), make([]float64, 20)
	for i := range off {
		off[i], on[i] = float64(i), float64(i)
	}
	off[3], on[7] = -5, -9
	i, p := Grid{2}.Shortfalls([]Term{{1}}, [][]float64{off, on}, 0.95, Bootstrap{Level: 0.95, Resamples: 200, Seed: 2}, "")
	if i[0].Estimate != -4 || i[0].Low > -4 || i[0].High < -4 || p[0] <= 0 || p[0] > 1 {
		t.Errorf("effect %v with p %v, expected -4 within its interval", i[0], p[0])
	}
	// All resamples on one side: 2·(1+0)/(1+4).
	if got := inverted([]float64{1, 2, 3, 4}); got != 0.4 {
		t.Errorf("p of four resamples above zero is %v, expected 0.4", got)
	}
	if got := inverted(nil); !math.IsNaN(got) {
		t.Errorf("p without resamples is %v", got)
	}
	if i, p := (Grid{2}).Shortfalls([]Term{{1}}, [][]float64{{}, {}}, 0.95, Bootstrap{Level: 0.95, Resamples: 10}, ""); !math.IsNaN(i[0].Estimate) || !math.IsNaN(p[0]) {
		t.Errorf("no entries: %v, %v", i, p)
	}
}
