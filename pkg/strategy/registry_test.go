package strategy_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

func TestRegistryHoldsTheBuiltIns(t *testing.T) {
	r := strategy.NewRegistry()
	got := map[strategy.Kind][]string{}
	for _, kind := range strategy.Kinds() {
		got[kind] = r.Names(kind)
		for _, name := range got[kind] {
			doc, ok := r.Doc(kind, name)
			if !ok || doc.Summary == "" || doc.Formula == "" || doc.Source == "" {
				t.Errorf("%s %s: summary %q, formula %q, source %q; expected all three", kind, name, doc.Summary, doc.Formula, doc.Source)
			}
			for _, p := range doc.Params {
				if p.Unit == "" || p.Help == "" {
					t.Errorf("%s %s: parameter %s has no unit or help", kind, name, p.Name)
				}
			}
		}
	}
	want := map[strategy.Kind][]string{
		strategy.KindEntry:      {"at", "breakout", "dip", "every", "funding_sign", "list", "ma_cross", "mean_reversion", "random"},
		strategy.KindSizing:     {"anti_martingale", "fixed_fraction", "fixed_notional", "kelly", "liquidation_cost", "martingale", "risk", "volatility_target"},
		strategy.KindLeverage:   {"adverse_quantile", "drawdown_ladder", "fixed", "inverse_volatility", "liquidation_distance", "tier_maximum"},
		strategy.KindStop:       {"atr", "chandelier", "equity", "none", "percent", "swing", "time", "trailing", "two_step"},
		strategy.KindTakeProfit: {"ladder", "none", "percent", "r_multiple"},
		strategy.KindManagement: {"break_even", "hedge", "reentry", "safety_orders", "top_up"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRegistryNamesWhatWasMeant(t *testing.T) {
	r := strategy.NewRegistry()
	_, unknownName := r.Stop("precent", nil)
	_, unknownKey := r.Stop("percent", strategy.Params{"percent": "2%", "wach": "mark"})
	_, missing := r.Sizing("risk", strategy.Params{"reference": "2%"})
	_, unreadable := r.Leverage("fixed", strategy.Params{"leverage": "0.5x"})
	_, far := r.Entry("overnight", nil)
	for _, c := range []struct {
		err, is error
		want    string
	}{
		{unknownName, strategy.ErrUnknown, `unknown stop "precent": did you mean "percent"? (known: atr, chandelier, equity, none, percent, swing, time, trailing, two_step)`},
		{unknownKey, strategy.ErrParam, `stop percent: invalid parameter: unknown key "wach": did you mean "watch"? (known: percent, watch, order, offset)`},
		{missing, strategy.ErrParam, "sizing risk: invalid parameter: risk is missing"},
		{unreadable, strategy.ErrParam, `leverage: "0.5x": expected at least 1x`},
		{far, strategy.ErrUnknown, `unknown entry "overnight" (known: at, breakout, dip, every, funding_sign, list, ma_cross, mean_reversion, random)`},
	} {
		if !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v; expected %q", c.err, c.want)
		}
	}
}

func TestRegistryRefusesTakenNames(t *testing.T) {
	r := strategy.NewRegistry()
	mine := func(strategy.Params) (strategy.Stop, error) { return strategy.NoStop{}, nil }
	if err := r.RegisterStop("percent", strategy.Doc{}, mine); err == nil {
		t.Error("a taken name was registered again")
	}
	if err := r.RegisterStop("", strategy.Doc{}, mine); err == nil {
		t.Error("an empty name was registered")
	}
	if err := r.RegisterStop("mine", strategy.Doc{}, mine); err != nil {
		t.Error(err)
	}
	if names := strategy.NewRegistry().Names(strategy.KindStop); slices.Contains(names, "mine") {
		t.Errorf("registering in one registry changed another: %v", names)
	}
}

// Every name and every parameter is on docs/STRATEGIES.md.
func TestEveryRuleIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/STRATEGIES.md")
	if err != nil {
		t.Fatal(err)
	}
	r := strategy.NewRegistry()
	for _, kind := range strategy.Kinds() {
		for _, name := range r.Names(kind) {
			if !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("%s %s is not in docs/STRATEGIES.md", kind, name)
			}
			doc, _ := r.Doc(kind, name)
			for _, p := range doc.Params {
				if !strings.Contains(string(page), "`"+p.Name+"`") {
					t.Errorf("%s %s: parameter %s is not in docs/STRATEGIES.md", kind, name, p.Name)
				}
			}
		}
	}
}
