package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// MarginTopUp adds to an isolated margin from the account's wallet when the mark price comes near the liquidation price.
type MarginTopUp struct {
	Near  market.Rate // share of the liquidation price
	Share market.Rate // of the margin at the entry
	Times int
}

var topUpDoc = Doc{
	Summary: "adds to an isolated margin when liquidation is near; what was added is lost with the position when it is liquidated all the same",
	Formula: "where abs(mark - liquidation price) <= near * liquidation price, moves min(amount * margin at the entry, wallet) from wallet to margin, at most `times` times",
	Source:  "Binance FAQ 360038447311, how to adjust isolated margin",
	Warning: "the loss of an isolated position is bounded by its margin; a top-up raises the bound",
	Params: []Param{
		{Name: "near", Unit: "share of price", Default: "1%", Help: "distance to the liquidation price at which margin is added"},
		{Name: "amount", Unit: "multiple", Default: "1", Help: "what is added, of the margin at the entry"},
		{Name: "times", Unit: "top-ups", Default: "1", Help: "how often at most"},
	},
}

func newTopUp(p Params) (Management, error) {
	var t MarginTopUp
	var err error
	if t.Near, err = p.Fraction("near", market.Scale-1); err != nil {
		return nil, err
	}
	if t.Share, err = p.Multiple("amount"); err != nil {
		return nil, err
	}
	t.Times, err = p.Count("times", 1, 1000)
	return t, err
}

// Attend implements Management. It fails with ErrImpossible for cross margin, where the wallet backs the position anyway.
func (t MarginTopUp) Attend(c *Context, p *Plan) (Attendant, error) {
	if p.Margin != Isolated {
		return nil, errTopUpCross
	}
	return &topUp{MarginTopUp: t, tick: c.Instrument.Tick}, nil
}

type topUp struct {
	MarginTopUp
	tick   market.Price
	margin market.Quote // at the entry
	done   int
}

// On implements Attendant.
func (t *topUp) On(o *Occasion) ([]Action, error) {
	switch {
	case o.Kind == Opened:
		t.margin = o.Position.Margin
		return t.wake(o), nil
	case o.Kind == Added:
		return t.wake(o), nil
	case o.Kind == PriceReached && t.near(o):
		t.done++
		amount, ok := t.Share.OfFloor(t.margin)
		if amount = min(amount, o.Wallet); !ok || amount <= 0 {
			return nil, nil
		}
		// The wake-up after it needs the new liquidation price: it is asked for at the next occasion, a moment later.
		return []Action{{Kind: TopUp, Amount: amount}, {Kind: WakeAtTime, Time: o.Time + 1}}, nil
	case o.Kind == PriceReached || o.Kind == TimeReached:
		return t.wake(o), nil
	}
	return nil, nil
}

// trigger is the mark price at which liquidation is near, on the tick nearer to the entry; 0: nowhere.
func (t *topUp) trigger(o *Occasion) market.Price {
	liquidation := o.Position.LiquidationPrice
	if liquidation == 0 || o.Position.Size == 0 {
		return 0
	}
	away, _ := market.MulDivCeil(int64(t.Near), int64(liquidation), market.Scale) // a share is below 1
	side := market.SideOf(o.Position.Size)
	return roundToTick(liquidation+market.Price(side)*market.Price(away), t.tick, side)
}

func (t *topUp) near(o *Occasion) bool {
	trigger := t.trigger(o)
	return trigger > 0 && t.done < t.Times && market.Price(market.SideOf(o.Position.Size))*(o.Mark-trigger) <= 0
}

func (t *topUp) wake(o *Occasion) []Action {
	if trigger := t.trigger(o); trigger > 0 && t.done < t.Times {
		return []Action{{Kind: WakeAtPrice, Watch: WatchMark, Price: trigger}}
	}
	return nil
}
