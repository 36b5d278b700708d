package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// logReturn is ln(b/a).
func logReturn(a, b market.Price) float64 { return math.Log(float64(b) / float64(a)) }

// A crash scaled by k has k times history's log-returns, within the rounding to a tick; before and after it they are history's.
func TestScaledCrashScalesLogReturns(t *testing.T) {
	c, bars := wandering(t)
	for _, k := range []float64{0, 0.5, 2, 3.25} {
		p := openPaths(t, c, fmt.Sprintf("{kind: shock, count: 1, shock: {at: 2025-10-10T13:00:00Z, length: 20m, scale: {low: %v, high: %v}}}", k, k))
		for i, symbol := range []string{"AAAUSDT", "BBBUSDT"} {
			last, _ := p.drawn(t, 0, i)
			h := bars[symbol]
			tick := float64(market.Scale) / 10 / float64(slices.MinFunc(h, func(a, b bar) int { return int(a.low - b.low) }).low)
			base, from := h[59].close, last[59].close
			for m := range h {
				factor := 1.0
				if m >= 60 && m < 80 {
					factor = k
				}
				if m == 80 { // the crash has ended; history goes on from where it left the price
					base, from = h[79].close, last[79].close
				}
				for _, q := range [][2]market.Price{{h[m].open, last[m].open}, {h[m].high, last[m].high}, {h[m].low, last[m].low}, {h[m].close, last[m].close}} {
					if want, got := factor*logReturn(base, q[0]), logReturn(from, q[1]); m >= 60 && math.Abs(want-got) > 2*tick {
						t.Fatalf("%s scaled by %v, minute %d: log-return %v, expected %v", symbol, k, m, got, want)
					}
				}
				if m < 60 && last[m] != h[m] {
					t.Fatalf("minute %d, before the crash, differs from history", m)
				}
				if last[m].volume != h[m].volume {
					t.Fatalf("minute %d: volume %v, expected %v", m, last[m].volume, h[m].volume)
				}
			}
		}
	}
}

// Volumes name the minute of history that a bar comes from: a crash that is moved and repeated comes when it was asked
// to, and calm is neither lost before it nor repeated.
func TestMovedAndRepeatedCrash(t *testing.T) {
	c, _ := wandering(t)
	p := openPaths(t, c, "{kind: shock, count: 1, shock: {at: 2025-10-10T13:00:00Z, length: 20m, start: {from: 2025-10-10T12:30:00Z, to: 2025-10-10T12:30:00Z}, second: {share: 1, after: {low: 45m, high: 45m}}}}")
	last, _ := p.drawn(t, 0, 0)
	var want []int
	add := func(from, to int) {
		for m := from; m < to; m++ {
			want = append(want, m)
		}
	}
	add(0, 30)
	add(60, 80)
	add(30, 60)
	add(80, 95)
	add(60, 80)
	add(95, 220)
	for m, b := range last {
		if int(b.volume)-1 != want[m] {
			t.Fatalf("minute %d is history's %d, expected %d", m, int(b.volume)-1, want[m])
		}
	}
}

// Bars come in blocks that begin anywhere with equal probability and have the mean length asked for; instruments, marks,
// funding and depth come from one and the same minute of history.
func TestBlocksKeepTheMomentTogether(t *testing.T) {
	c, bars := wandering(t)
	p := openPaths(t, c, "{kind: bootstrap, bootstrap: {block: 12m}}")
	starts, lengths := 0, 0
	var hit [4]int
	for k := range 400 {
		a, markA := p.drawn(t, k, 0)
		b, _ := p.drawn(t, k, 1)
		for m := range a {
			if a[m].volume != b[m].volume {
				t.Fatalf("path %d, minute %d: instruments of different moments", k, m)
			}
			source := int(a[m].volume) - 1
			premium := logReturn(bars["AAAUSDT"][source].close, marked(bars["AAAUSDT"])[source].close)
			if got := logReturn(a[m].close, markA[m].close); math.Abs(got-premium) > float64(market.Scale)/10/float64(a[m].close) {
				t.Fatalf("path %d, minute %d: the mark is %v from the last price, history's was %v", k, m, got, premium)
			}
			lengths++
			if m == 0 || source != (int(a[m-1].volume))%pathMinutes {
				starts++
				hit[source*4/pathMinutes]++
			}
		}
	}
	// The window's end cuts blocks, and a new block follows the old one by chance once in 240 times: both are far below the error.
	expected := 400 * (1 + float64(pathMinutes-1)/12)
	if d := float64(starts) - expected; math.Abs(d) > 5*math.Sqrt(expected) {
		t.Errorf("%d blocks in %d minutes, expected about %.0f", starts, lengths, expected)
	}
	for quarter, n := range hit {
		if share := float64(starts) / 4; math.Abs(float64(n)-share) > 5*math.Sqrt(share) {
			t.Errorf("quarter %d of history begins %d of %d blocks", quarter, n, starts)
		}
	}
}

// The correlation of the instruments' returns is history's within Monte Carlo error: BBB is made of AAA's moves here.
func TestBootstrapKeepsCorrelation(t *testing.T) {
	a := wander(pathMinutes, 500*market.Scale, 3)
	b := wander(pathMinutes, 400*market.Scale, 4)
	for m := range b {
		b[m] = a[m]
		if m%3 == 0 { // and has its own now and then
			b[m].close = a[m].open
		}
	}
	c := catalog(t, series{key(columnar.Candles, market.Minute, "AAAUSDT"): a, key(columnar.Candles, market.Minute, "BBBUSDT"): b}, nil)
	p := openPaths(t, c, "{kind: bootstrap, bootstrap: {block: 5m}}")
	history := correlation(returns(a), returns(b))
	var found []float64
	for k := range 200 {
		x, _ := p.drawn(t, k, 0)
		y, _ := p.drawn(t, k, 1)
		found = append(found, correlation(returns(x), returns(y)))
	}
	mean, deviation := moments(found)
	if e := deviation / math.Sqrt(float64(len(found))); history > 0.95 || math.Abs(mean-history) > 5*e+0.02 {
		t.Errorf("correlation %v ± %v over paths, history's is %v", mean, e, history)
	}
}

// returns are a bar's own log-returns, open to close: what lies between bars is not of one moment.
func returns(bars []bar) []float64 {
	var list []float64
	for _, b := range bars {
		list = append(list, logReturn(b.open, b.close))
	}
	return list
}

func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(deviation)
}

func correlation(x, y []float64) float64 {
	mx, sx := moments(x)
	my, sy := moments(y)
	sum := 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / float64(len(x)-1) / sx / sy
}

// Over paths, ln S(T)/S(0) has the mean and variance of Merton's law, S(T) has the expectation that the drift says, and two
// instruments the correlation ρ(σaσb + λE[..])/..., which follows from common jump times and sizes.
func TestJumpDiffusionHasItsMoments(t *testing.T) {
	c, _ := wandering(t)
	const volatility, drift, perDay, jumpMean, jumpDeviation, share = 2.0, 40.0, 12.0, -0.02, 0.015, 0.6
	p := openPaths(t, c, fmt.Sprintf("{kind: jump_diffusion, jump_diffusion: {volatility: %v, drift: %v, common_share: %v, jumps: {per_day: %v, mean: %v, deviation: %v}}}",
		volatility, drift, share, perDay, jumpMean, jumpDeviation))
	const n = 4000
	var a, b, growth, ranges []float64
	for k := range n {
		for i, into := range []*[]float64{&a, &b} {
			last, _ := p.drawn(t, k, i)
			*into = append(*into, logReturn(p.list[i].opening, last[len(last)-1].close))
			if i == 0 {
				growth = append(growth, math.Exp(a[k]))
				x := last[len(last)/2]
				ranges = append(ranges, logReturn(x.low, x.high))
			}
		}
	}
	years := float64(pathMinutes) / (365 * 24 * 60)
	jumps := perDay * float64(pathMinutes) / (24 * 60)
	variance := volatility*volatility*years + jumps*(jumpMean*jumpMean+jumpDeviation*jumpDeviation)
	factor := math.Exp(jumpMean+jumpDeviation*jumpDeviation/2) - 1
	mean := (drift-volatility*volatility/2)*years - jumps*factor + jumps*jumpMean
	m, s := moments(a)
	if e := s / math.Sqrt(n); math.Abs(m-mean) > 4.5*e {
		t.Errorf("mean log-return %v ± %v, expected %v", m, e, mean)
	}
	// The standard error of a variance of n values with this kurtosis.
	fourth := 3 + jumps*(math.Pow(jumpMean, 4)+6*jumpMean*jumpMean*jumpDeviation*jumpDeviation+3*math.Pow(jumpDeviation, 4))/(variance*variance)
	if e := variance * math.Sqrt((fourth-1)/n); math.Abs(s*s-variance) > 4.5*e {
		t.Errorf("variance %v ± %v, expected %v", s*s, e, variance)
	}
	g, sg := moments(growth)
	if e := sg / math.Sqrt(n); math.Abs(g-math.Exp(drift*years)) > 4.5*e {
		t.Errorf("expected growth %v ± %v, expected %v", g, e, math.Exp(drift*years))
	}
	covariance := share*volatility*volatility*years + jumps*(jumpMean*jumpMean+share*jumpDeviation*jumpDeviation)
	rho := covariance / variance
	if r := correlation(a, b); math.Abs(r-rho) > 4.5*math.Sqrt((1+rho*rho)/n)*math.Sqrt(fourth/3) {
		t.Errorf("correlation %v, expected %v", r, rho)
	}
	// A bar without a jump ranges over 2·√(2/π) of its deviation in the mean (Feller 1951); jumps happen between bars.
	sigma := volatility * math.Sqrt(1.0/(365*24*60))
	r, sr := moments(ranges)
	if want := 2 * math.Sqrt(2/math.Pi) * sigma; math.Abs(r-want) > 4.5*sr/math.Sqrt(n)+0.02*want {
		t.Errorf("mean range %v, expected %v", r, want)
	}
}

// Bipower variation finds the volatility of a diffusion and leaves its jumps out.
func TestBipowerLeavesJumpsOut(t *testing.T) {
	var bars []bar
	d := newDraws(1, 0, "test")
	x := math.Log(1e12)
	const sigma = 0.001
	for m := range 20000 {
		x += sigma * d.normal()
		if m%2000 == 1000 {
			x -= 0.03
		}
		bars = append(bars, bar{time: market.Time(m) * market.Minute, interval: market.Minute, open: 1, close: market.Price(math.Exp(x))})
	}
	found := math.Sqrt(bipower(bars) * float64(market.Minute))
	if math.Abs(found/sigma-1) > 0.04 {
		t.Errorf("deviation %v a minute, expected %v", found, sigma)
	}
}

// An instrument's path does not depend on which others are on it, nor on their order.
func TestInstrumentsDoNotMoveOneAnother(t *testing.T) {
	c, _ := wandering(t)
	for _, text := range []string{"{kind: bootstrap, bootstrap: {block: 7m}}", "{kind: jump_diffusion, jump_diffusion: {volatility: 1, jumps: {per_day: 50, mean: -1%, deviation: 1%}}}"} {
		both, alone, swapped := openPaths(t, c, text), openPaths(t, c, text+"\ninstruments: [BBBUSDT]"), openPaths(t, c, text+"\ninstruments: [BBBUSDT, AAAUSDT]")
		x, _ := both.drawn(t, 9, 1)
		y, _ := alone.drawn(t, 9, 0)
		z, _ := swapped.drawn(t, 9, 1)
		if !slices.Equal(x, y) || !slices.Equal(x, z) {
			t.Errorf("%s: BBBUSDT's path depends on who else is there", text)
		}
	}
}

func TestWrongPathsAreRefused(t *testing.T) {
	c, _ := wandering(t)
	for text, want := range map[string]string{
		"{kind: bootstrap, bootstrap: {block: 5h}}":                                                                  "is longer than the history",
		"{kind: bootstrap, bootstrap: {block: 90s}}":                                                                 "no multiple of 1m",
		"{kind: bootstrap, bootstrap: {history: {from: 2024-01-01, to: 2024-01-02}}}":                                "has no bar between",
		"{kind: shock, count: 1, shock: {at: 2025-10-11T13:00:00Z, length: 20m}}":                                    "does not lie within the bars of the window",
		"{kind: shock, count: 1, shock: {at: 2025-10-10T13:00:30Z, length: 20m}}":                                    "does not lie between two bars",
		"{kind: shock, shock: {at: 2025-10-10T13:00:00Z, length: 20m, second: {share: 50%, after: {high: 9h}}}}":     "leave it room",
		"{kind: jump_diffusion, jump_diffusion: {instruments: [{symbol: CCCUSDT}]}}":                                 "is not among the instruments",
		"{kind: jump_diffusion, jump_diffusion: {volatility: 900, drift: 1000, jumps: {per_day: 9000, mean: 500%}}}": "",
	} {
		p, err := OpenPaths(Options{Scenario: parseScenario(t, pathRules+"paths: "+text), Catalog: c, Rulebook: rulebook(t)})
		if want == "" {
			if err == nil {
				_, err = p.Replay(t.Context(), 3, nil)
			}
			want = "has grown beyond what a price can be"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; expected an error with %q", text, err, want)
		}
	}
}

// Between two stretches of history that are hours apart there is a hole: no block is taken from it, and what the price did over
// it is no return of any path. A shorter gap stays what it is.
func TestHolesAreSkipped(t *testing.T) {
	early, late := wander(100, 500*market.Scale, 5), wander(100, 900*market.Scale, 6)
	for m := range late {
		late[m].time += 5 * market.Hour
		late[m].volume += 1000
	}
	early = slices.Delete(early, 40, 43) // three minutes without a bar
	c := catalog(t, series{key(columnar.Candles, market.Minute, "AAAUSDT"): append(slices.Clone(early), late...)}, nil)
	p := openPaths(t, c, "{kind: bootstrap, bootstrap: {block: 30m}}")
	if p.whole.total != 200 || len(p.whole.list) != 2 {
		t.Fatalf("%+v; expected two stretches of 100 minutes", p.whole)
	}
	if !strings.Contains(strings.Join(p.Notes(), "\n"), "no block is taken from there") {
		t.Errorf("the hole is not told: %v", p.Notes())
	}
	for k := range 50 {
		last, _ := p.drawn(t, k, 0)
		still := market.Time(0)
		for m := 1; m < len(last); m++ {
			if d := logReturn(last[m-1].close, last[m].open); math.Abs(d) > 0.02 {
				t.Fatalf("path %d: the price jumps by %v between two bars", k, d)
			}
			still = max(still, last[m].time-last[m-1].end())
		}
		if still > 6*market.Minute { // the gap may come twice in a row by chance
			t.Fatalf("path %d stands still for %d ms", k, still)
		}
	}
}
