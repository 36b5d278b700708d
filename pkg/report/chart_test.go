package report

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestLibraryIsTheOneDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/CHARTS.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(chartLibrary))
	if want := hex.EncodeToString(sum[:]); !strings.Contains(string(text), want) {
		t.Errorf("docs/CHARTS.md does not name the SHA-256 of echarts/echarts.min.js, %s; build.sh prints it", want)
	}
	for _, bad := range []string{"</script", "<!--"} {
		if strings.Contains(strings.ToLower(chartLibrary), bad) {
			t.Errorf("the library contains %q, which would end the script element that it is in", bad)
		}
	}
}

// Rules of one leverage and stop each; the sizing of one depends on its leverage, and one follows the market.
func TestGridPutsRulesOnPlanes(t *testing.T) {
	part := func(kind string, pairs ...string) scenario.Part {
		p := scenario.Part{Kind: kind, Params: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			p.Params[pairs[i]] = pairs[i+1]
		}
		return p
	}
	rule := func(name, leverage string, stop scenario.Part, margin string) scenario.Rule {
		return scenario.Rule{Name: name, Leverage: part("fixed", "leverage", leverage), Stop: stop, Margin: margin,
			Sizing: part("fixed_fraction", "fraction", "90%", "exposure", leverage)}
	}
	none, two := scenario.Part{Kind: "none"}, part("percent", "percent", "2%")
	s := &scenario.Scenario{Probes: &scenario.Probes{Rules: []scenario.Rule{
		rule("a", "25", none, "isolated"), rule("b", "10", none, "isolated"), rule("c", "10", two, "isolated"), rule("d", "10", two, "cross"),
		{Name: "e", Leverage: part("liquidation_distance", "distance", "10%"), Stop: two}}}}
	liquidated, stopped := uint8(slices.Index(outcomes, "liquidated")), uint8(slices.Index(outcomes, "stopped"))
	probes := map[string][]probe{"a": {{pnl: q("-900"), outcome: liquidated}, {pnl: q("-100"), outcome: stopped}}}
	g := newRuleGrid(s, probes, 0.95)
	if g == nil || len(g.Planes) != 1 || len(g.Planes[0].Cells) != 3 || g.Planes[0].Name != "rules like a" {
		t.Fatalf("grid %+v; expected one plane of a, b and c: d is alone on its own, e has no number", g)
	}
	if strings.Join(g.Leverages, " ") != "10x 25x" || strings.Join(g.Stops, " ") != "no stop 2%" {
		t.Errorf("axes %v and %v", g.Leverages, g.Stops)
	}
	c := g.Planes[0].Cells[0]
	if c.Leverage != 1 || c.Stop != 0 || c.Rule != "a" || c.Quantiles.Median != -500 || c.P != 0.5 || c.Entries != 2 || c.Shortfall != -900 {
		t.Errorf("cell of 25x without a stop: %+v; expected a, half of two liquidated, -900 at worst", c)
	}
	if slices.ContainsFunc(g.Planes[0].Cells, func(c gridCell) bool { return c.Leverage == 1 && c.Stop == 1 }) {
		t.Error("a cell of 25x with a stop, which no rule has")
	}
}

func TestFrontierKeepsWhatNoOtherBeats(t *testing.T) {
	rule := func(name string, mean, tail float64) Group {
		return Group{Name: name, Accounts: 1, PnL: PnL{Mean: Number(mean), ExpectedShortfall: Number(tail)}}
	}
	_, efficient, err := frontierFigure([]Group{rule("safe", 1, -10), rule("bold", 5, -50), rule("worse than safe", 0, -20), rule("as bold", 5, -50),
		rule("bold and dear", 5, -51), rule("unknown", math.NaN(), -1), rule("crowd", 100, -1)})
	if err != nil || strings.Join(efficient, ", ") != "safe, bold, as bold" {
		t.Errorf("efficient: %v (%v)", efficient, err)
	}
}

func TestFansLeaveOutFewEntries(t *testing.T) {
	var list []probe
	for i := range 119 {
		entry := epoch + market.Time(i)*market.Minute/2 // the first hour of three
		list = append(list, probe{entry: entry, pnl: market.Quote(i) * market.Scale})
	}
	list = append(list, probe{entry: epoch + 3*market.Hour, pnl: q("7")})
	got := fans([]string{"r"}, map[string][]probe{"r": list}, epoch, epoch+3*market.Hour)
	if len(got) != 1 || len(got[0].Bins) != 3 {
		t.Fatalf("%d fans; expected one of three parts: 120 entries, 40 a part", len(got))
	}
	if b := got[0].Bins[0]; b.Entries != 119 || b.Quantiles.Median != 59 || b.From != epoch || b.To != epoch+market.Hour {
		t.Errorf("first part %+v; expected 119 entries with median 59", b)
	}
	if b := got[0].Bins[2]; b.Entries != 1 || b.Quantiles.Median.Exists() {
		t.Errorf("last part %+v; expected one entry and no quantiles", b)
	}
}

func TestReachedByHand(t *testing.T) {
	c := reached([]float64{0.03, 0.01, 0.02, 0}, []float64{0, 0.01, 0.025, 0.04}, 0.95)
	for i, want := range []float64{1, 0.75, 0.25, 0} {
		if float64(c.Estimate[i]) != want || !(c.Low[i] <= c.Estimate[i] && c.Estimate[i] <= c.High[i]) {
			t.Errorf("distance %d: %v (%v to %v); expected %v", i, c.Estimate[i], c.Low[i], c.High[i], want)
		}
	}
}

func TestCoordinatesAreJSON(t *testing.T) {
	for x, want := range map[coordinate]string{0: "0", coordinate(math.Copysign(0, -1)): "0", -12.3456789: "-12.346", 31_536_000: "3.1536e+07", coordinate(math.Inf(1)): "null"} {
		if got, err := x.MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%v: %s; expected %s (%v)", float64(x), got, want, err)
		}
	}
}

func TestDependenceOnThePath(t *testing.T) {
	for _, c := range []struct {
		group EnvelopeGroup
		want  string
	}{{EnvelopeGroup{}, "–"}, {EnvelopeGroup{Accounts: 8, Liquidated: []int{2, 2}}, "none"}, {EnvelopeGroup{Accounts: 8, Liquidated: []int{4, 2, 3}}, "25 points"}} {
		if got := c.group.Dependence(); got != c.want {
			t.Errorf("%+v: %q; expected %q", c.group, got, c.want)
		}
	}
}

// A map on which nothing happened is as light as a cell without anything on another one; cells that are alike otherwise are in between.
func TestMapsWithoutDifferences(t *testing.T) {
	opacities := func(values ...Number) []string {
		h := &SweepHeatmap{X: HeatmapAxis{Key: "x", Values: []string{"a", "b"}}, Y: HeatmapAxis{Key: "y", Values: []string{"c"}}}
		for _, v := range values {
			h.Cells = append(h.Cells, HeatmapCell{Liquidation: v})
		}
		page := string(heatmapChart(h, "id", "title", func(c *HeatmapCell) Number { return c.Liquidation }, share))
		var found []string
		for _, part := range strings.Split(page, `fill-opacity="`)[1:] {
			found = append(found, part[:strings.Index(part, `"`)])
		}
		return found
	}
	for _, c := range []struct {
		values [2]Number
		want   [2]string
	}{{[2]Number{0, 1}, [2]string{"0.060", "1.000"}}, {[2]Number{0, 0}, [2]string{"0.060", "0.060"}}, {[2]Number{0.8, 0.8}, [2]string{"0.530", "0.530"}}} {
		if got := opacities(c.values[0], c.values[1]); !slices.Equal(got, c.want[:]) {
			t.Errorf("%v: %v, expected %v", c.values, got, c.want)
		}
	}
}
