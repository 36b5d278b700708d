package replay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// interestPerDailyTurnover stands in for open interest where the data has none: open interest in quote over the notional
// traded in the day before. It is the median of nine Binance contracts on 2025-10-09/10 (0.24 to 0.76).
const interestPerDailyTurnover = 0.36

// crossBuffer is the wallet of a cross account over the sum of its initial margins; and the margin of an account that its
// initial margins would not keep alive, over its maintenance margin.
const crossBuffer = 1.5

// crowdParams are what a crowd is drawn from.
type crowdParams struct {
	Crowd       *scenario.Crowd
	Seed        uint64
	Instruments []crowdInstrument // by InstrumentID
}

// crowdInstrument is an instrument as the crowd meets it.
type crowdInstrument struct {
	Instrument market.Instrument
	Contract   *venue.Contract
	Mark       market.Price // at the start
	Interest   market.Qty   // open interest of the data at the start, base; 0 where the data has none
	Entries    *entryPrices // bars before the start; nil where there are none
}

// crowd is the leveraged market before the first tick.
type crowd struct {
	Accounts []crowdAccount
	CrowdCounts
	Notes []string
}

// CrowdCounts say what the crowd is, and what the rulebook made of what was drawn.
type CrowdCounts struct {
	Drawn     int // accounts
	Holding   int // accounts with a position
	Positions int
	Redrawn   int // accounts moved to the opening price, because they could not have lived to see it
	Backed    int // accounts with more margin than their leverage asks for, which would not keep them alive
	Capped    int // positions whose leverage was lowered to their tier's limit
	Dropped   int // positions below one lot
	Hedged    int // accounts that hold one position against something outside of the exchange
}

// crowdAccount is one account of the crowd. Positions share their memory with those of other accounts.
type crowdAccount struct {
	Deposit   market.Quote
	Mode      risk.MarginMode
	Hedged    bool
	number    int32 // as drawn
	holding   inKind
	Positions []crowdPosition
}

// crowdPosition is a position that exists before the replay.
type crowdPosition struct {
	Instrument market.InstrumentID
	Size       market.Qty // signed
	Entry      market.Price
	Leverage   market.Rate
	Margin     market.Quote // initial margin; the isolated margin
	Stop       market.Price // 0 without a stop
	capped     bool         // Leverage is lower than drawn
}

// buildCrowd draws the crowd. It is a function of its parameters; an account's draws depend on seed and number only, and
// other accounts touch it solely through the scale that brings each side to its share of the open interest. Draws and scale
// do not ask the rulebook, so that one crowd stands on every venue; what a venue changes of it is its lots, ticks and tiers,
// and who could have lived to see the opening (docs/SCENARIOS.md).
func buildCrowd(p crowdParams) (crowd, error) {
	if p.Crowd == nil {
		return crowd{}, nil
	}
	b := crowdBuilder{crowdParams: p, notional: newNotionalDraw(p.Crowd.Notional)}
	if err := b.target(); err != nil {
		return crowd{}, err
	}
	b.draw()
	b.scale()
	if err := b.fund(); err != nil {
		return crowd{}, err
	}
	b.Drawn, b.Holding, b.CrowdCounts.Positions = p.Crowd.Accounts, len(b.Accounts), len(b.positions)
	b.describe()
	return b.crowd, nil
}

type crowdBuilder struct {
	crowdParams
	crowd
	notional  notionalDraw
	leverage  [2]weighted // of longs, of shorts
	counts    weighted    // of positions of a cross account
	distances weighted    // of stops
	listed    weighted
	targets   []sideTargets
	proxied   []string // instruments whose open interest was estimated
	banded    []string // instruments without bars for entries
	absent    []string // instruments that the crowd does not hold, for want of a size
	drawn     []openPosition
	lots      []int64 // per drawn position
	first     []int32 // per account, index of its first drawn position, and one more at the end
	cross     []bool
	stops     []market.Rate // per account, distance from entry; 0 without
	hedged    []bool
	oneSided  []string
	positions []crowdPosition
}

// sideTargets are what the crowd holds of an instrument, in lots.
type sideTargets struct{ long, short int64 }

// target settles how much of each instrument the crowd holds. The side with more accounts holds the stated share of the
// open interest; the other side less, in the ratio of accounts, and the liquidity provider the difference.
func (b *crowdBuilder) target() error {
	c := b.Crowd
	if len(b.Instruments) == 0 {
		return errors.New("crowd: no instrument to hold")
	}
	longs := c.LongShare
	if h := c.Hedged; h != nil {
		longs = float64((1-h.Share)*longs) + float64(h.Share*(1-h.ShortShare))
	}
	heavy := max(longs, 1-longs)
	weights := make([]float64, len(b.Instruments))
	for i := range b.Instruments {
		in := &b.Instruments[i]
		if in.Mark <= 0 || in.Instrument.Tick <= 0 || in.Instrument.Lot <= 0 {
			return fmt.Errorf("crowd: %s has mark %v, tick %v, lot %v; expected positive values", in.Instrument.Symbol, in.Mark, in.Instrument.Tick, in.Instrument.Lot)
		}
		interest := market.Float(in.Interest)
		if interest <= 0 && in.Entries != nil {
			if interest = float64(interestPerDailyTurnover*in.Entries.perDay()) / market.Float(in.Mark); interest > 0 {
				b.proxied = append(b.proxied, in.Instrument.Symbol)
			}
		}
		if interest <= 0 {
			b.absent = append(b.absent, in.Instrument.Symbol)
			b.targets = append(b.targets, sideTargets{})
			continue
		}
		if in.Entries == nil || in.Entries.traded.total() <= 0 {
			b.banded = append(b.banded, in.Instrument.Symbol)
			in.Entries = &entryPrices{}
		}
		share := b.share(in.Instrument.Symbol)
		lots := float64(interest*share) / market.Float(in.Instrument.Lot)
		if lots > 1<<62 {
			return fmt.Errorf("crowd: open interest of %s is %.3g lots of %v; expected below 4.6e18", in.Instrument.Symbol, lots, in.Instrument.Lot)
		}
		b.targets = append(b.targets, sideTargets{long: int64(lots * (longs / heavy)), short: int64(lots * ((1 - longs) / heavy))})
		weights[i] = float64(float64(interest*market.Float(in.Mark)) * (share / c.OpenInterestShare))
	}
	// Instruments are chosen in proportion to the value of what the crowd holds of them, so that positions are scaled alike.
	b.listed = newWeighted(weights)
	if b.listed.total() == 0 {
		return fmt.Errorf("crowd: the data has neither open interest nor traded volume of %s at the start, so the crowd has no size; add an open_interest series, or start the window later", strings.Join(b.absent, ", "))
	}
	b.distributions()
	return nil
}

// share returns the part of an instrument's open interest that the crowd's heavier side holds.
func (b *crowdBuilder) share(symbol string) float64 {
	for _, s := range b.Crowd.ByInstrument {
		if s.Symbol == symbol {
			return s.OpenInterestShare
		}
	}
	return b.Crowd.OpenInterestShare
}

// draw fills in all accounts as they are before scaling.
func (b *crowdBuilder) draw() {
	c := b.Crowd
	pcg := &rand.PCG{}
	r := rand.New(pcg)
	most := min(c.CrossPositions, len(b.Instruments))
	b.drawn = make([]openPosition, 0, c.Accounts+int(float64(c.Accounts)*c.CrossShare*1.1)*max(most-1, 0))
	b.first = make([]int32, 0, c.Accounts+1)
	b.cross, b.hedged, b.stops = make([]bool, c.Accounts), make([]bool, c.Accounts), make([]market.Rate, c.Accounts)
	for a := range c.Accounts {
		accountSource(pcg, b.Seed, uint64(a))
		b.first = append(b.first, int32(len(b.drawn)))
		b.cross[a] = r.Float64() < c.CrossShare
		stopped := r.Float64() < c.Stop.Share
		if b.hedged[a] = c.Hedged != nil && r.Float64() < c.Hedged.Share; b.hedged[a] {
			b.cross[a] = false
			b.drawn = append(b.drawn, b.hedge(r))
			continue
		}
		if stopped {
			b.stops[a] = b.distance(r)
		}
		count := 1
		if b.cross[a] {
			count = max(most, 1)
			if len(c.Positions) > 0 {
				count = min(c.Positions[b.counts.pick(r)].Count, len(b.Instruments))
			}
		}
		for range count {
			b.drawn = append(b.drawn, b.position(r, b.drawn[b.first[a]:]))
		}
	}
	b.first = append(b.first, int32(len(b.drawn)))
}

// position draws one position in an instrument that the account does not hold yet.
func (b *crowdBuilder) position(r *rand.Rand, held []openPosition) openPosition {
	i := market.InstrumentID(b.listed.pick(r))
	for tries := 0; holds(held, i); tries++ {
		if tries < 32 {
			i = market.InstrumentID(b.listed.pick(r))
		} else { // one instrument dwarfs the others: take the next one
			i = (i + 1) % market.InstrumentID(len(b.Instruments))
		}
	}
	in := &b.Instruments[i]
	leverage := r.Float64()
	p := openPosition{instrument: i, side: market.Short, notional: b.notional.draw(r)}
	if r.Float64() < b.Crowd.LongShare {
		p.side = market.Long
	}
	if b.Crowd.SideAgreement > 0 && len(held) > 0 && r.Float64() < b.Crowd.SideAgreement {
		p.side = held[0].side
	}
	if b.Crowd.SizeAgreement > 0 && len(held) > 0 && r.Float64() < b.Crowd.SizeAgreement {
		p.notional = held[0].notional
	}
	p.leverage = b.leverageOf(leverage, p.side, p.notional)
	p.entry = in.Entries.draw(r, in.Mark)
	return p
}

func holds(held []openPosition, i market.InstrumentID) bool {
	for _, h := range held {
		if h.instrument == i {
			return true
		}
	}
	return false
}
