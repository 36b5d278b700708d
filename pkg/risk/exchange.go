package risk

import (
	"errors"
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// none ends a linked list of positions or orders.
const none int32 = -1

// position is one row of the book. A closed position keeps its row with size 0; rows are not reused within a run.
type position struct {
	size       market.Qty
	cost       market.Quote // signed cash paid for size
	margin     market.Quote // isolated margin; 0 for cross
	leverage   market.Rate
	funding    market.Int128 // the instrument's funding index when the position last settled
	account    AccountID
	next       int32 // the account's next open position
	orders     int32 // first stop order
	generation uint32
	queued     uint32 // the liquidation round that has this isolated position on its list
	seen       uint32 // the round that last evaluated it
	instrument market.InstrumentID
	mode       MarginMode
}

// traderAccount is one account of the book.
type traderAccount struct {
	wallet    market.Quote
	deposited market.Quote
	positions int32  // first open position
	queued    uint32 // the liquidation round that has the cross scope on its list
	seen      uint32 // the round that last evaluated it
}

// listing is the state of an instrument, or, behind all instruments, of a collateral asset.
type listing struct {
	market.Instrument
	contract *venue.Contract
	mark     market.Price
	last     market.Price
	index    market.Price
	haircut  market.Rate  // of a collateral asset
	bid, ask market.Quote // depth within one percent
	// funding is the cumulative funding index in 1e-16 quote per base.
	funding       market.Int128
	fundingFloat  float64 // the same in units of Price, for screening
	long, short   market.Int128
	provider      market.Int128 // signed size of the liquidity provider
	members       []int32       // every position ever opened here
	screen        screen
	stops         [3]stopQueues // by Watch
	priced, dirty bool
	gap           bool         // the latest prices came with a jump
	previous      market.Price // the mark before the tick that set the present one
	updated       int64        // that tick's number
	fund          int          // index of its insurance fund
	fundPnL       market.Quote // what the instrument brought its fund
	fundHistory   *minutes     // of fundPnL, where the ADL trigger looks back
	used          [2]usage     // of bids and asks, by bounded orders
	deleveraging  bool         // a drawdown of fundPnL has set ADL on
}

// Exchange is a running exchange. It is not safe for concurrent use; runs stand beside each other.
type Exchange struct {
	o         Options
	listings  []listing
	accounts  []traderAccount
	positions []position
	orders    []stopOrder
	ledger    ledger.Ledger
	rules     rules
	funds     []fund
	// waiting are the scopes that sent their orders of this tick and are liquidatable still, by position or account.
	waiting map[waitKey]struct{}
	// cooling are the accounts whose next forced orders are whole.
	cooling map[AccountID]cooldown
	// paidFunding is what traders paid to the provider so far, net.
	paidFunding market.Sum
	now         market.Time
	ticks       int64
	sequence    int64
	round       int32
	rounds      uint32 // liquidation rounds since the beginning, numbers position.queued
	roundsMax   int32
	opening     market.Sum
	takeovers   int64 // sequence number of the latest takeover event
	work        scratch
	ranking     map[rankKey]*ranking
	pools       []inventory // of the running round, for allocations other than the queue
	carried     []inventory // by instrument, longs first; never of a size of 0
}

// scratch are buffers that live from tick to tick.
type scratch struct {
	hits   []int32
	scopes []scope
	close  []closing
	stops  []int32
	// carried is what is offered anew in the tick under way.
	carried []inventory
}

// New returns an exchange without accounts or prices. It refuses instruments that the rulebook does not know and
// instruments out of symbol order.
func New(o Options) (*Exchange, error) {
	switch {
	case o.Rulebook == nil:
		return nil, errors.New("exchange: no rulebook; name one, such as binance/2025-10")
	case o.Execution == nil:
		return nil, errors.New("exchange: no execution model; forced orders need a stated slippage")
	case o.InsuranceFund < o.InsuranceFloor:
		return nil, fmt.Errorf("exchange: insurance fund opens at %v, below its floor %v; raise insurance_fund.opening or lower the floor", o.InsuranceFund, o.InsuranceFloor)
	}
	if err := o.Participation.check(); err != nil {
		return nil, err
	}
	rules, err := compile(o.Rulebook)
	if err != nil {
		return nil, err
	}
	x := &Exchange{o: o, rules: rules, ranking: map[rankKey]*ranking{}, waiting: map[waitKey]struct{}{}, cooling: map[AccountID]cooldown{}}
	for i, in := range o.Instruments {
		if i > 0 && o.Instruments[i-1].Symbol >= in.Symbol {
			return nil, fmt.Errorf("exchange: instrument %s follows %s; expected ascending symbols without repetition", in.Symbol, o.Instruments[i-1].Symbol)
		}
		c, err := o.Rulebook.Contract(in.Symbol)
		if err != nil {
			return nil, err
		}
		l := listing{Instrument: in, contract: c}
		l.screen.init(c)
		x.listings = append(x.listings, l)
	}
	x.openFunds()
	if err := x.addCollateral(); err != nil {
		return nil, err
	}
	x.ledger.Post(ledger.External, ledger.InsuranceFund, o.InsuranceFund)
	x.opening.Add(o.InsuranceFund)
	return x, nil
}

// Reserve makes room for so many more accounts and positions, so that loading a crowd does not copy it again and again.
func (x *Exchange) Reserve(accounts, positions int) {
	x.accounts = append(make([]traderAccount, 0, len(x.accounts)+accounts), x.accounts...)
	x.positions = append(make([]position, 0, len(x.positions)+positions), x.positions...)
}

// AddAccount opens an account with a deposit, which comes from outside of the exchange.
func (x *Exchange) AddAccount(deposit market.Quote) (AccountID, error) {
	if deposit < 0 {
		return 0, fmt.Errorf("account %d: deposit %v is negative", len(x.accounts), deposit)
	}
	x.accounts = append(x.accounts, traderAccount{wallet: deposit, deposited: deposit, positions: none})
	x.ledger.Post(ledger.External, ledger.Traders, deposit)
	return AccountID(len(x.accounts) - 1), nil
}

// Accounts returns how many accounts there are.
func (x *Exchange) Accounts() int { return len(x.accounts) }

// find returns the account's open position in an instrument, or none.
func (x *Exchange) find(a AccountID, i market.InstrumentID) int32 {
	for p := x.accounts[a].positions; p != none; p = x.positions[p].next {
		if x.positions[p].instrument == i {
			return p
		}
	}
	return none
}

// emit completes an event and hands it out.
func (x *Exchange) emit(e Event) {
	e.Time, e.Sequence, e.Round = x.now, x.sequence, x.round
	x.sequence++
	if x.o.Events == nil {
		return
	}
	e.Mark = x.listings[e.Instrument].mark
	e.Notional = x.notional(e.Account, e.Instrument, e.Size, e.counted())
	e.Exempt = e.Exempt || x.exempt(e.Account)
	x.o.Events(&e)
}

// must ends the running operation where an amount does not fit: it panics with an *OverflowError, which guard returns. Passing an
// ok through every formula would hide the formulas.
func (x *Exchange) must(v market.Quote, ok bool, a AccountID, i market.InstrumentID, what string) market.Quote {
	if !ok {
		panic(&OverflowError{Account: a, Symbol: x.listings[i].Symbol, What: what})
	}
	return v
}

// plus is v + w; instrument i is what w is of.
func (x *Exchange) plus(v, w market.Quote, a AccountID, i market.InstrumentID, what string) market.Quote {
	sum := v + w
	return x.must(sum, (v^sum)&(w^sum) >= 0, a, i, what)
}

// guard turns an overflow into *err.
func guard(err *error) {
	switch r := recover().(type) {
	case nil:
	case *OverflowError:
		*err = r
	default:
		panic(r)
	}
}
