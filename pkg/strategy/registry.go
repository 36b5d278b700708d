package strategy

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Doc describes a rule for help texts and checks the parameters it is given.
type Doc struct {
	Summary string // one line
	Formula string // in the names of the parameters
	Source  string // of the formula
	Warning string // where the rule is here to show what it does to an account
	Params  []Param
}

// Param describes one parameter.
type Param struct {
	Name     string
	Unit     string
	Default  string // used when a scenario does not name the parameter
	Optional bool   // may be absent without a default
	Help     string
}

// ErrUnknown reports a name that is not registered.
var ErrUnknown = errors.New("not registered")

// Registry maps the names that scenarios use to constructors. It is a value built by NewRegistry and extended by its
// Register methods before use; afterwards it may be read from several goroutines.
type Registry struct {
	// Open opens the file of a "list" entry; nil refuses such entries. The package itself knows no files.
	Open func(name string) (io.ReadCloser, error)

	entries     shelf[Entry]
	sizings     shelf[Sizing]
	leverages   shelf[Leverage]
	stops       shelf[Stop]
	takeProfits shelf[TakeProfit]
	managements shelf[Management]
}

// NewRegistry returns a registry that holds the built-in rules.
func NewRegistry() *Registry {
	r := &Registry{}
	r.entries = shelf[Entry]{"at": {atDoc, newAt}, "every": {everyDoc, newEvery}, "random": {randomDoc, newRandom}, "list": {listDoc, r.newList},
		"ma_cross": {maCrossDoc, newMACross}, "breakout": {breakoutDoc, newBreakout}, "mean_reversion": {meanReversionDoc, newMeanReversion},
		"dip": {dipDoc, newDip}, "funding_sign": {fundingSignDoc, newFundingSign}}
	r.sizings = shelf[Sizing]{"fixed_notional": {fixedNotionalDoc, newFixedNotional}, "fixed_fraction": {fixedFractionDoc, newFixedFraction},
		"risk": {riskSizingDoc, newRiskSizing}, "volatility_target": {volatilityTargetDoc, newVolatilityTarget}, "kelly": {kellyDoc, newKelly},
		"liquidation_cost": {liquidationCostDoc, newLiquidationCost}, "martingale": {martingaleDoc, newMartingale}, "anti_martingale": {antiMartingaleDoc, newAntiMartingale}}
	r.leverages = shelf[Leverage]{"fixed": {fixedLeverageDoc, newFixedLeverage}, "liquidation_distance": {liquidationDistanceDoc, newLiquidationDistance},
		"inverse_volatility": {inverseVolatilityDoc, newInverseVolatility}, "adverse_quantile": {adverseQuantileDoc, newAdverseQuantile},
		"tier_maximum": {tierMaximumDoc, newTierMaximum}, "drawdown_ladder": {drawdownLadderDoc, newDrawdownLadder}}
	r.stops = shelf[Stop]{"none": {noStopDoc, newNoStop}, "percent": {percentStopDoc, newPercentStop}, "atr": {atrStopDoc, newATRStop},
		"trailing": {trailingStopDoc, newTrailingStop}, "chandelier": {chandelierStopDoc, newChandelierStop}, "swing": {swingStopDoc, newSwingStop},
		"time": {timeStopDoc, newTimeStop}, "equity": {equityStopDoc, newEquityStop}, "two_step": {twoStepStopDoc, newTwoStepStop}}
	r.takeProfits = shelf[TakeProfit]{"none": {noTakeProfitDoc, newNoTakeProfit}, "percent": {percentTakeProfitDoc, newPercentTakeProfit},
		"r_multiple": {multipleTakeProfitDoc, newMultipleTakeProfit}, "ladder": {ladderTakeProfitDoc, newLadderTakeProfit}}
	r.managements = shelf[Management]{"safety_orders": {safetyOrdersDoc, newSafetyOrders}, "reentry": {reentryDoc, newReentry}, "top_up": {topUpDoc, newTopUp},
		"hedge": {hedgeDoc, newHedge}, "break_even": {breakEvenDoc, newBreakEven}}
	return r
}

// Kind is one of the six parts of an experiment that a Registry holds rules for.
type Kind string

// The kinds, as scenarios name them.
const (
	KindEntry      Kind = "entry"
	KindSizing     Kind = "sizing"
	KindLeverage   Kind = "leverage"
	KindStop       Kind = "stop"
	KindTakeProfit Kind = "take_profit"
	KindManagement Kind = "manage"
)

// Kinds returns all kinds in the order of a rule's life.
func Kinds() []Kind {
	return []Kind{KindEntry, KindSizing, KindLeverage, KindStop, KindTakeProfit, KindManagement}
}

// Names returns the registered names of a kind, ascending.
func (r *Registry) Names(kind Kind) []string {
	switch kind {
	case KindEntry:
		return r.entries.names()
	case KindSizing:
		return r.sizings.names()
	case KindLeverage:
		return r.leverages.names()
	case KindStop:
		return r.stops.names()
	case KindTakeProfit:
		return r.takeProfits.names()
	case KindManagement:
		return r.managements.names()
	}
	return nil
}

// Doc returns what was registered under a name; ok is false for unknown ones.
func (r *Registry) Doc(kind Kind, name string) (doc Doc, ok bool) {
	switch kind {
	case KindEntry:
		return r.entries.doc(name)
	case KindSizing:
		return r.sizings.doc(name)
	case KindLeverage:
		return r.leverages.doc(name)
	case KindStop:
		return r.stops.doc(name)
	case KindTakeProfit:
		return r.takeProfits.doc(name)
	case KindManagement:
		return r.managements.doc(name)
	}
	return Doc{}, false
}

// RegisterEntry adds an entry of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterEntry(name string, doc Doc, construct func(Params) (Entry, error)) error {
	return r.entries.register(KindEntry, name, doc, construct)
}

// RegisterSizing adds a sizing of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterSizing(name string, doc Doc, construct func(Params) (Sizing, error)) error {
	return r.sizings.register(KindSizing, name, doc, construct)
}

// RegisterLeverage adds a leverage of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterLeverage(name string, doc Doc, construct func(Params) (Leverage, error)) error {
	return r.leverages.register(KindLeverage, name, doc, construct)
}

// RegisterStop adds a stop of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterStop(name string, doc Doc, construct func(Params) (Stop, error)) error {
	return r.stops.register(KindStop, name, doc, construct)
}

// RegisterTakeProfit adds a take-profit of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterTakeProfit(name string, doc Doc, construct func(Params) (TakeProfit, error)) error {
	return r.takeProfits.register(KindTakeProfit, name, doc, construct)
}

// RegisterManagement adds a management of one's own; a name that is taken or empty is refused.
func (r *Registry) RegisterManagement(name string, doc Doc, construct func(Params) (Management, error)) error {
	return r.managements.register(KindManagement, name, doc, construct)
}

// Entry constructs a registered entry. An unknown name or key lists the known ones (ErrUnknown, ErrParam); so do the
// five methods below.
func (r *Registry) Entry(name string, p Params) (Entry, error) {
	return r.entries.construct(KindEntry, name, p)
}

// Sizing constructs a registered sizing.
func (r *Registry) Sizing(name string, p Params) (Sizing, error) {
	return r.sizings.construct(KindSizing, name, p)
}

// Leverage constructs a registered leverage.
func (r *Registry) Leverage(name string, p Params) (Leverage, error) {
	return r.leverages.construct(KindLeverage, name, p)
}

// Stop constructs a registered stop.
func (r *Registry) Stop(name string, p Params) (Stop, error) {
	return r.stops.construct(KindStop, name, p)
}

// TakeProfit constructs a registered take-profit.
func (r *Registry) TakeProfit(name string, p Params) (TakeProfit, error) {
	return r.takeProfits.construct(KindTakeProfit, name, p)
}

// Management constructs a registered management.
func (r *Registry) Management(name string, p Params) (Management, error) {
	return r.managements.construct(KindManagement, name, p)
}

// shelf holds the rules of one kind by name.
type shelf[T any] map[string]registration[T]

type registration[T any] struct {
	doc       Doc
	construct func(Params) (T, error)
}

func (s shelf[T]) names() []string { return slices.Sorted(maps.Keys(s)) }

func (s shelf[T]) doc(name string) (Doc, bool) {
	r, ok := s[name]
	return r.doc, ok
}

func (s shelf[T]) register(kind Kind, name string, doc Doc, construct func(Params) (T, error)) error {
	if _, taken := s[name]; taken || name == "" || construct == nil {
		return fmt.Errorf("register %s %q: expected a constructor and a new, non-empty name (taken: %v)", kind, name, s.names())
	}
	s[name] = registration[T]{doc, construct}
	return nil
}

func (s shelf[T]) construct(kind Kind, name string, p Params) (T, error) {
	var none T
	r, ok := s[name]
	if !ok {
		return none, unknown(ErrUnknown, string(kind), name, s.names())
	}
	full, err := r.doc.complete(p)
	if err != nil {
		return none, fmt.Errorf("%s %s: %w", kind, name, err)
	}
	v, err := r.construct(full)
	if err != nil {
		return none, fmt.Errorf("%s %s: %w", kind, name, err)
	}
	return v, nil
}

// complete refuses unknown and missing keys and fills in the defaults. Unknown ones are said first: a key that is misspelled is
// missing as well.
func (d Doc) complete(p Params) (Params, error) {
	full := Params{}
	var names []string
	for _, param := range d.Params {
		names = append(names, param.Name)
	}
	for _, key := range p.Keys() {
		if !slices.Contains(names, key) {
			return nil, unknown(ErrParam, "key", key, names)
		}
	}
	for _, param := range d.Params {
		value, given := p[param.Name]
		if !given || value == "" {
			value = param.Default
		}
		if value == "" && !param.Optional {
			return nil, fmt.Errorf("%w: %s is missing: expected %s: %s", ErrParam, param.Name, param.Unit, param.Help)
		}
		full[param.Name] = value
	}
	return full, nil
}
