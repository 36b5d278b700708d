package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Deleveraging is what auto-deleveraging needed, took and from whom (docs/MODEL.md section 17). Money is in quote.
type Deleveraging struct {
	Needed     market.Sum // by what was closed against counterparties: what it lacked at mark, each part at least 0
	Socialized market.Sum // likewise of what nobody took and was sold
	InBook     market.Sum // by both: what the book would have cost beyond what was paid, each part at least 0
	Haircut    market.Sum // what counterparties gave up against mark
	Gained     market.Sum // what others got above it
	Positions  []Deleveraged
	Waves      []ADLWave
}

// Deleveraged is one position that auto-deleveraging reduced, from its first fill on. One that has grown since its last fill
// is another one from then on.
type Deleveraged struct {
	Account    risk.AccountID
	Group      string
	Instrument market.InstrumentID
	Side       market.Side
	Leverage   market.Rate  // with which it was opened
	Size       market.Qty   // > 0, just before the first fill
	Endowment  market.Quote // its unrealized profit then, at least 0
	Closed     market.Qty   // by ADL
	Haircut    market.Quote // what it gave up against mark, at least 0
	Notional   market.Sum   // of its fills
	Forgone    market.Quote // what the closed size would have brought from the ADL price to the last mark; negative where ADL spared a loss

	left market.Qty    // after the last fill
	paid market.Int128 // signed value of the fills, in units of 1e-16
	wave int           // of the last fill, from 1
}

// ADLWave is a run of ADL fills less than WaveGap apart.
type ADLWave struct {
	From, To                  market.Time
	Fills                     int
	Positions                 int // counted once a wave
	Notional, Needed, Haircut market.Sum
}

// WaveGap parts the waves of auto-deleveraging (arXiv 2512.01112, which takes 5 s for October 10, 2025).
const WaveGap = 5 * market.Second

// holding names a position.
type holding struct {
	account    risk.AccountID
	instrument market.InstrumentID
}

// deleveraging collects a Deleveraging while the run goes on.
type deleveraging struct {
	Deleveraging
	rows map[holding]int // of the latest row of a position
}

// fill takes in an ADL fill and what it left of the position.
func (d *deleveraging) fill(e *risk.Event, left *risk.Position) {
	if d.rows == nil {
		d.rows = map[holding]int{}
	}
	needed, given := max(0, e.Deficit), haircut(e)
	d.Needed.Add(needed)
	d.InBook.Add(max(0, e.BookDeficit))
	d.Haircut.Add(max(0, given))
	d.Gained.Add(max(0, -given))
	w := d.waveOf(e.Time)
	w.Fills++
	w.Notional.Add(e.Notional)
	w.Needed.Add(needed)
	w.Haircut.Add(max(0, given))
	key := holding{e.Account, e.Instrument}
	before := left.Size.Abs() + e.Size
	at, known := d.rows[key]
	if !known || d.Positions[at].Side != e.Side || before > d.Positions[at].left {
		at = len(d.Positions)
		d.rows[key] = at
		// What was realized is what the closed part had gained at mark, less the haircut.
		d.Positions = append(d.Positions, Deleveraged{Account: e.Account, Instrument: e.Instrument, Side: e.Side, Leverage: left.Leverage, Size: before,
			Endowment: max(0, left.UnrealizedPnL+e.RealizedPnL+given)})
	}
	p := &d.Positions[at]
	if p.wave != len(d.Waves) {
		p.wave = len(d.Waves)
		w.Positions++
	}
	p.Closed += e.Size
	p.Haircut += max(0, given)
	p.Notional.Add(e.Notional)
	p.left = left.Size.Abs()
	p.paid = p.paid.Add(market.Mul128(int64(e.Side)*int64(e.Size), int64(e.Price)))
}

// waveOf returns the wave that a fill at a time belongs to.
func (d *deleveraging) waveOf(at market.Time) *ADLWave {
	n := len(d.Waves)
	if n == 0 || at-d.Waves[n-1].To >= WaveGap {
		d.Waves = append(d.Waves, ADLWave{From: at})
		n++
	}
	w := &d.Waves[n-1]
	w.To = at
	return w
}

// conclude fills in what is known at the end: the group of an account and the last mark of an instrument.
func (d *deleveraging) conclude(group func(risk.AccountID) string, mark func(market.InstrumentID) market.Price) *Deleveraging {
	for i := range d.Positions {
		p := &d.Positions[i]
		p.Group = group(p.Account)
		end := market.Mul128(int64(p.Side)*int64(p.Closed), int64(mark(p.Instrument)))
		v, _ := end.Sub(p.paid).DivFloor(market.Scale) // both are values of positions, which fit
		p.Forgone = market.Quote(v)
	}
	return &d.Deleveraging
}

// haircut is what the counterparty of an ADL fill gave up against mark, s·(M − P)·d, rounded up; negative where the price was
// better for it.
func haircut(e *risk.Event) market.Quote {
	worse := e.Mark - e.Price
	if e.Side == market.Short {
		worse = -worse
	}
	v, ok := market.ValueCeil(e.Size, worse)
	if !ok {
		return e.Notional
	}
	return v
}
