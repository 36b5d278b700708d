package calc

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Study is what `calc adl` works on beside a venue's queue (docs/CALC.md): policies and figures of the literature.
type Study struct {
	Budget     *Budget
	Accounting *Accounting
	Execution  *Execution
	Slice      *Slice
	Cost       *LiquidationCost
	Path       *Path
}

// StudyResult has what was asked for.
type StudyResult struct {
	Budget     *BudgetResult          `json:"budget,omitempty"`
	Accounting *AccountingResult      `json:"accounting,omitempty"`
	Execution  *ExecutionResult       `json:"execution,omitempty"`
	Slice      *SliceResult           `json:"slice,omitempty"`
	Cost       *LiquidationCostResult `json:"liquidation_cost,omitempty"`
	Path       *PathResult            `json:"path,omitempty"`
}

// Given reports whether anything was asked for.
func (s *Study) Given() bool { return *s != (Study{}) }

// result works out what was asked for. Errors are *InputError.
func (s *Study) result() (r StudyResult, err error) {
	if s.Budget != nil {
		if r.Budget, err = s.Budget.allocate(); err != nil {
			return r, err
		}
	}
	if s.Accounting != nil {
		r.Accounting = s.Accounting.result()
	}
	if s.Execution != nil {
		r.Execution = s.Execution.result()
	}
	if s.Slice != nil {
		r.Slice = s.Slice.result()
	}
	if s.Cost != nil {
		r.Cost = s.Cost.result()
	}
	if s.Path != nil {
		r.Path = s.Path.result()
	}
	return r, nil
}

// study reads the sections.
func (o *object) study() (s Study) {
	if b := o.object("budget", "allocation"); b != nil {
		s.Budget = b.budget()
	}
	if a := o.object("accounting", "wave"); a != nil {
		s.Accounting = a.accounting()
	}
	if e := o.object("execution", "bad_debt"); e != nil {
		s.Execution = e.execution()
	}
	if p := o.object("slice", "partial"); p != nil {
		s.Slice = p.slice()
	}
	if c := o.object("liquidation_cost", "fee"); c != nil {
		s.Cost = &LiquidationCost{Size: c.needed(above0, "size"), Price: c.needed(above0, "price", "mark_price"), Filled: c.number(above0, "execution_price"),
			Fixed: c.number(atLeast0, "fixed"), MarkRate: c.number(share, "mark_rate"), ExecutionRate: c.number(share, "execution_rate")}
		if s.Cost.ExecutionRate.Sign() > 0 && !s.Cost.Filled.Given() {
			c.in.refuse(join(c.path, "execution_price"), "", "the price of the fill", "execution_rate is of its value")
		}
		c.done()
	}
	if p := o.object("path"); p != nil {
		s.Path = p.fundingPath()
	}
	return s
}

// needed reads a number that has to be there.
func (o *object) needed(meets bound, names ...string) Number {
	mistakes := len(o.in.errs)
	n := o.number(meets, names...)
	if !n.Given() && len(o.in.errs) == mistakes {
		o.in.refuse(join(o.path, names[0]), "", meets.words, "")
	}
	return n
}

// neededSide reads a side that has to be there.
func (o *object) neededSide() market.Side {
	mistakes := len(o.in.errs)
	side := o.signedSide(Number{})
	if side == 0 && len(o.in.errs) == mistakes {
		o.in.refuse(join(o.path, "side"), "", "long or short", "")
	}
	return side
}

func (o *object) accounting() *Accounting {
	a := &Accounting{Needed: o.number(atLeast0, "needed", "b_needed"), Haircut: o.number(atLeast0, "haircut", "h_prod")}
	for _, f := range o.objects("fills") {
		a.Fills = append(a.Fills, GapFill{Size: f.needed(above0, "size", "q"), Reference: f.needed(above0, "reference_price", "bankruptcy_price", "bankruptcy"),
			Execution: f.needed(above0, "execution_price", "exec")})
		f.done()
	}
	switch {
	case a.Needed.Given() && len(a.Fills) > 0:
		o.in.refuse(join(o.path, "fills"), "given beside needed", "one of them", "needed is their sum")
	case !a.Needed.Given() && len(a.Fills) == 0:
		o.in.refuse(join(o.path, "needed"), "", "what was needed, or fills to sum it from", "")
	}
	o.done()
	return a
}

func (o *object) execution() *Execution {
	e := &Execution{Side: o.neededSide(), Price: o.needed(above0, "price", "mark_price"), Impact: o.number(atLeast0, "impact", "alpha"), Size: o.needed(above0, "size", "dq"),
		Held: o.number(above0, "position_size"), Collateral: o.needed(anyNumber, "collateral", "c"), Reached: o.number(anyNumber, "execution_price")}
	if e.Held.Given() && e.Held.Cmp(e.Size) < 0 {
		o.in.refuse(join(o.path, "size"), e.Size.String(), "at most position_size, "+e.Held.String(), "")
	}
	switch {
	case e.Impact.Given() && e.Reached.Given():
		o.in.refuse(join(o.path, "impact"), "given beside execution_price", "one of them", "impact and size make the price")
	case !e.Impact.Given() && !e.Reached.Given():
		o.in.refuse(join(o.path, "impact"), "", "the price's move for a unit of size, or execution_price", "")
	}
	o.done()
	return e
}

func (o *object) slice() *Slice {
	s := &Slice{Side: o.neededSide(), Price: o.needed(above0, "price", "mark_price"), Size: o.needed(above0, "size", "q"), Equity: o.needed(anyNumber, "equity", "e"),
		MaintenanceRate: o.needed(fraction, "maintenance_margin_rate", "mmr", "mu"), FeeRate: o.number(fraction, "fee_rate", "phi"), Filled: o.needed(above0, "execution_price", "p_exec")}
	o.done()
	return s
}

// mostMoments bounds a path, in moments and in positions: sums of quotients grow.
const mostMoments = 100

func (o *object) fundingPath() *Path {
	p := &Path{LongShort: o.needed(atLeast0, "long_short_ratio"), Marks: o.prices("mark_prices", "marks"), Oracle: o.prices("oracle_prices", "oracle")}
	if len(p.Oracle) != len(p.Marks) {
		o.in.refuse(join(o.path, "oracle_prices"), fmt.Sprintf("%d prices", len(p.Oracle)), fmt.Sprintf("%d, as mark_prices has", len(p.Marks)), "")
	}
	if len(p.Marks) < 2 {
		o.in.refuse(join(o.path, "mark_prices"), fmt.Sprintf("%d prices", len(p.Marks)), "at least two", "the first is where positions begin")
	}
	list := o.objects("positions", "accounts")
	if len(list) > mostMoments {
		o.in.refuse(join(o.path, "positions"), fmt.Sprint(len(list)), fmt.Sprintf("at most %d", mostMoments), "")
		list = nil
	}
	for i, q := range list {
		p.Positions = append(p.Positions, PathPosition{Account: placeOf(q.name("account"), i), Side: q.neededSide(), Size: q.needed(above0, "size", "q"), Collateral: q.needed(anyNumber, "collateral", "c")})
		q.done()
	}
	o.done()
	return p
}

// prices reads a list of prices.
func (o *object) prices(names ...string) (prices []Number) {
	list, path := o.list(names...)
	if len(list) > mostMoments {
		o.in.refuse(path, fmt.Sprintf("%d prices", len(list)), fmt.Sprintf("at most %d", mostMoments), "")
		return nil
	}
	for i, v := range list {
		prices = append(prices, o.in.number(fmt.Sprintf("%s[%d]", path, i), v, above0))
	}
	return prices
}
