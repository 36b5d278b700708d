package replay

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// outcome is what became of an account, in ascending order of weight: of several things that happen to a cross
// account the heaviest is told.
type outcome uint8

const (
	open outcome = iota
	closed
	takeProfit
	stopped
	deleveraged
	liquidated
	refused
)

// String prints the outcome as accounts.parquet does.
func (o outcome) String() string {
	return [...]string{OutcomeOpen, OutcomeClosed, OutcomeTakeProfit, OutcomeStopped, OutcomeDeleveraged, OutcomeLiquidated, OutcomeRefused}[o]
}

// holder is an account as the run follows it: how it began, and what events said of it since.
type holder struct {
	entryTime  market.Time
	entryPrice market.Price
	size       market.Qty // signed
	deposit    market.Quote
	inKind     market.Quote // of the deposit, what a collateral asset counts
	margin     market.Quote
	stop       market.Price
	leverage   market.Rate
	setup      int32
	rule       int32 // index into the rules; noRule for the crowd
	instrument market.InstrumentID
	mode       risk.MarginMode
	outcome    outcome

	outcomeTime  market.Time
	outcomePrice market.Price
	held         market.Qty   // of a probe's position, unsigned
	toppedUp     market.Quote // to the margin of the open position
	realized     market.Quote
	fees         market.Quote
	funding      market.Quote // settled
	refusal      string
}

const noRule int32 = -1

// tracker listens to the exchange. It keeps what account rows and steps need and hands events on to the recorder.
type tracker struct {
	listFunding bool // hand payments of funding to the recorder
	exchange    *risk.Exchange
	recorder    Recorder
	listener    func(*risk.Event) // hears every event of an account; may be nil
	holders     []holder
	tally       []tally // by instrument, of the tick under way
	assets      int     // of collateral, whose ids follow the instruments'
	adl         []adlFill
	hedges      map[risk.AccountID]*hedgeLoss // nil without hedged accounts
	sequence    int64
	fund        market.Quote // as of the last event
	result      *Result
	inventory   *Inventory // nil where nothing is carried
	taken       deleveraging
	flow        *forcedFlow // nil where nobody asks for it
	verdict     Verdict
	err         error
}

// tally sums the events of one tick and instrument for its step.
type tally struct {
	long, short, adl market.Quote
	events           int32
}

// adlFill is a position that auto-deleveraging reduced; whether anything is left of it is asked after the tick.
type adlFill struct {
	account    risk.AccountID
	instrument market.InstrumentID
	price      market.Price
}

// event takes in one event. Payments of funding are summed, and handed on only where the scenario asks for them: the
// account's row has their sum.
func (t *tracker) event(e *risk.Event) {
	if e.Account != risk.TheExchange {
		t.account(e)
		t.hedge(e)
		if t.listener != nil {
			t.listener(e)
		}
	}
	if e.Kind == risk.Funding && !t.listFunding {
		return
	}
	asset := int(e.Instrument) >= len(t.tally) // its sale liquidates no position and moves no instrument's price
	if t.flow != nil && !asset {
		t.flow.event(e)
		t.verdict.event(e)
	}
	if !asset {
		t.tally[e.Instrument].add(e)
	}
	if t.inventory != nil {
		t.inventory.event(e)
	}
	switch e.Kind {
	case risk.ADL:
		left, _ := t.exchange.Position(e.Account, e.Instrument)
		t.taken.fill(e, &left)
	case risk.SocializedLoss:
		t.taken.Socialized.Add(max(0, e.Deficit))
		t.taken.InBook.Add(max(0, e.BookDeficit))
	}
	if e.FundDelta != 0 {
		t.fundChange(e)
	}
	if t.recorder != nil && t.err == nil {
		out := *e
		out.Sequence = t.sequence
		t.err = t.recorder.Event(&out)
	}
	t.sequence++
}

// add counts an event in.
func (t *tally) add(e *risk.Event) {
	switch e.Kind {
	case risk.Liquidation, risk.Takeover:
		t.events++
		if e.Side == market.Long {
			t.long += e.Notional
		} else {
			t.short += e.Notional
		}
	case risk.ADL:
		t.adl += e.Notional
	}
}

func (t *tracker) fundChange(e *risk.Event) {
	t.fund += e.FundDelta
	if e.FundDelta > 0 {
		t.result.FundInflow += e.FundDelta
	} else {
		t.result.FundOutflow -= e.FundDelta
	}
	if t.fund < t.result.FundLow {
		t.result.FundLow, t.result.FundLowTime = t.fund, e.Time
	}
}

// account takes an event into its account's story.
func (t *tracker) account(e *risk.Event) {
	h := &t.holders[e.Account]
	h.fees += e.Fee
	switch e.Kind {
	case risk.Funding:
		h.funding -= e.RealizedPnL
		return
	case risk.Entry, risk.Add:
		h.hold(e, e.Size)
	case risk.Close:
		h.leave(closed, e)
	case risk.TakeProfit:
		h.leave(takeProfit, e)
	case risk.Stop:
		h.leave(stopped, e)
	case risk.Liquidation, risk.Takeover:
		h.hold(e, -e.Size)
		h.end(liquidated, e)
	case risk.ADL:
		h.hold(e, -e.Size)
		t.adl = append(t.adl, adlFill{e.Account, e.Instrument, e.Price})
	}
	h.realized += e.RealizedPnL
}

// hold keeps count of a probe's position, so that a part of it that is closed is not taken for its end. The other leg of a
// pair is not counted.
func (h *holder) hold(e *risk.Event, change market.Qty) {
	if h.rule != noRule && e.Instrument == h.instrument {
		h.held += change
	}
}

// leave takes in a close. What is closed in parts ends as its last part.
func (h *holder) leave(o outcome, e *risk.Event) {
	if h.hold(e, -e.Size); h.rule != noRule && (h.held > 0 || e.Instrument != h.instrument) {
		return
	}
	h.end(o, e)
}

func (h *holder) end(o outcome, e *risk.Event) {
	if o > h.outcome {
		h.outcome, h.outcomeTime, h.outcomePrice = o, e.Time, e.Price
	}
}

// afterTick settles what could not be asked while the exchange was at work.
func (t *tracker) afterTick(at market.Time) {
	for _, f := range t.adl {
		if _, left := t.exchange.Position(f.account, f.instrument); left {
			continue
		}
		if h := &t.holders[f.account]; h.outcome < deleveraged {
			h.outcome, h.outcomeTime, h.outcomePrice = deleveraged, at, f.price
		}
	}
	t.adl = t.adl[:0]
	if v := t.inventory; v != nil {
		v.watch(t.exchange, at)
	}
}

// underTest reports whether an account belongs to the rules under test, which are alternatives to each other and share no book.
func (t *tracker) underTest(a risk.AccountID) bool { return t.holders[a].rule != noRule }

// rows hands every account's row to the recorder, by ascending id.
func (t *tracker) rows(instruments []market.Instrument, rules []rule) error {
	var row AccountRow
	for a := range t.holders {
		h := &t.holders[a]
		view := t.exchange.Account(risk.AccountID(a))
		row = AccountRow{ID: risk.AccountID(a), Group: CrowdGroup, Setup: h.setup, Symbol: instruments[h.instrument].Symbol,
			Side: market.SideOf(h.size), Mode: h.mode, Leverage: h.leverage, EntryTime: h.entryTime, EntryPrice: h.entryPrice,
			Size: h.size.Abs(), Deposit: h.deposit, Margin: h.margin, StopPrice: h.stop, Outcome: h.outcome.String(),
			OutcomeTime: h.outcomeTime, OutcomePrice: h.outcomePrice, PnL: view.Equity - h.deposit, Fees: h.fees,
			Funding: h.funding, Refusal: h.refusal}
		if h.rule != noRule {
			row.Group, row.Rule = rules[h.rule].Group, rules[h.rule].Name
		}
		if view.Positions > 0 {
			// What is pending on open positions, as what is missing between everything that was booked and the equity.
			row.Funding = h.deposit + h.realized + t.unrealized(risk.AccountID(a), len(instruments)+t.assets) - h.fees - view.Equity
		}
		if err := t.recorder.Account(&row); err != nil {
			return err
		}
	}
	return nil
}

// unrealized sums the unrealized PnL of an account's open positions and holdings.
func (t *tracker) unrealized(a risk.AccountID, instruments int) (sum market.Quote) {
	for i := range instruments {
		if p, ok := t.exchange.Position(a, market.InstrumentID(i)); ok {
			sum += p.UnrealizedPnL
		}
	}
	return sum
}

// add opens an account that the tracker follows.
func (t *tracker) add(h holder) (risk.AccountID, error) {
	id, err := t.exchange.AddAccount(h.deposit - h.inKind)
	if err != nil {
		return 0, err
	}
	if int(id) != len(t.holders) {
		return 0, fmt.Errorf("replay: defect: account %d where %d was expected", id, len(t.holders))
	}
	t.holders = append(t.holders, h)
	return id, nil
}
