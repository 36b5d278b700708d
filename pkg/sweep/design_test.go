package sweep

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The first points that the authors' own program prints for three dimensions (sobol.cc, N = 10, D = 3).
func TestSobolPointsOfJoeAndKuo(t *testing.T) {
	want := [][3]float64{{0, 0, 0}, {0.5, 0.5, 0.5}, {0.75, 0.25, 0.25}, {0.25, 0.75, 0.75}, {0.375, 0.375, 0.625}, {0.875, 0.875, 0.125},
		{0.625, 0.125, 0.875}, {0.125, 0.625, 0.375}, {0.1875, 0.3125, 0.9375}, {0.6875, 0.8125, 0.4375}}
	s := newSobol(3)
	for i, point := range want {
		for d, x := range point {
			if got := float64(s.at(uint32(i), d)) / (1 << 32); got != x {
				t.Errorf("point %d, dimension %d: %v; expected %v", i, d, got, x)
			}
		}
	}
}

// Of the first 2^k points every dimension has one in each interval of length 2^-k; so it is of every two dimensions for the
// halves of the unit square's 4 quarters.
func TestSobolFillsEveryDimension(t *testing.T) {
	s := newSobol(MaxSobolAxes)
	for d := range MaxSobolAxes {
		for k := range 12 {
			seen := map[uint32]bool{}
			for i := range uint32(1) << k {
				seen[s.at(i, d)>>(32-k)] = true
			}
			if k > 0 && len(seen) != 1<<k {
				t.Errorf("dimension %d: the first %d points fall into %d of as many intervals", d, 1<<k, len(seen))
			}
		}
	}
}

// A grid has every combination once, the last axis moving first.
func TestGridHasEveryCombination(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var axes []Axis
		total := int64(1)
		for range rapid.IntRange(1, 4).Draw(t, "axes") {
			n := rapid.Int64Range(1, 7).Draw(t, "values")
			axes = append(axes, Axis{count: n})
			total *= n
		}
		p, err := Design{Kind: Grid}.points(axes)
		if err != nil || p.count != total {
			t.Fatalf("%d points, %v; expected %d", p.count, err, total)
		}
		var last int64 = -1
		for i := range total {
			number := int64(0)
			for k, place := range p.at(i) {
				if place < 0 || place >= axes[k].count {
					t.Fatalf("place %d of %d", place, axes[k].count)
				}
				number = number*axes[k].count + place
			}
			if number != last+1 {
				t.Fatalf("combination %d after %d", number, last)
			}
			last = number
		}
	})
}

// Draws stay on the axes and depend on seed and number alone.
func TestDrawsAreFunctionsOfTheirNumber(t *testing.T) {
	axes := []Axis{{count: 3}, {count: 1000}}
	for _, d := range []Design{{Kind: Random, Samples: 500, Seed: 9}, {Kind: Sobol, Samples: 500}} {
		a, err := d.points(axes)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := d.points(axes)
		seen := map[int64]int{}
		for i := a.count - 1; i >= 0; i-- {
			x, y := a.at(i), b.at(i)
			if x[0] != y[0] || x[1] != y[1] || x[0] >= 3 || x[1] >= 1000 || x[0] < 0 || x[1] < 0 {
				t.Fatalf("%s: variant %d at %v and %v", d.Kind, i, x, y)
			}
			seen[x[0]]++
		}
		for place, n := range seen {
			if n < 100 || len(seen) != 3 {
				t.Errorf("%s: place %d of the first axis is drawn %d times of 500", d.Kind, place, n)
			}
		}
	}
}

func TestAxes(t *testing.T) {
	for text, want := range map[string]string{
		"a.b=[5, 10x, 2%]":                      "5 10x 2%",
		"stop=[none, {kind: atr, multiple: 2}]": "none {kind: atr, multiple: 2}",
		"x=0.5%..2%/0.5%":                       "0.5% 1% 1.5% 2%",
		"x=2..9/3":                              "2 5 8",
		"x=-1..1/1":                             "-1 0 1",
		"x=1_000..2_000/1000":                   "1000 2000",
	} {
		a, err := ParseAxis(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for i := range a.Len() {
			got = append(got, a.Value(i))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q; expected %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"":               "expected KEY=",
		"x=":             "expected KEY=",
		"x=5":            "expected a list",
		"x=[]":           "at least one value",
		"x=[1, 1]":       "stands twice",
		"x=[1, [2]":      "list",
		"x=1..2":         "LOW..HIGH/STEP",
		"x=2..1/1":       "LOW <= HIGH",
		"x=1..2/0":       "a step above 0",
		"x=1%..2/1":      "all carry",
		"x=a..b/c":       "a",
		"x=1%%..2%%/1%%": "all carry",
	} {
		if a, err := ParseAxis(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; expected an error with %q", text, a, err, want)
		}
	}
}

func FuzzParseAxis(f *testing.F) {
	for _, seed := range []string{"a=[1, 2]", "a.b=1..2/0.5", "x=1%..5%/1%", "x=[{kind: atr}, none]", "x=-92233720368..92233720368/0.00000001", "=", "x=[[[", "x=0..0/1x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAxis(text)
		if err != nil {
			return
		}
		if a.Len() < 1 || a.Value(0) == "" && len(a.Values) == 0 || a.Value(a.Len()-1) == "" && len(a.Values) == 0 {
			t.Fatalf("%q: %d values", text, a.Len())
		}
		if _, err := (Design{Kind: Grid}).points([]Axis{a, a, a}); err == nil && a.Len() > 100 {
			t.Fatalf("%q: a cube of %d values is not too large", text, a.Len())
		}
	})
}
