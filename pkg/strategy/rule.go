package strategy

import (
	"errors"
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Rule is a complete rule under test. Sizing and Leverage are required; a nil Stop or TakeProfit means none.
type Rule struct {
	Name       string
	Equity     market.Quote // what each setup starts with
	Sizing     Sizing
	Leverage   Leverage
	Stop       Stop
	TakeProfit TakeProfit
	Margin     MarginMode
	HoldFor    market.Time // longest holding time in milliseconds; 0: until the end
	Manage     []Management
	// Sequential rules trade their setups one after the other from one equity (Context.Record).
	Sequential bool
}

// ErrImpossible reports a rule that the venue or the account cannot carry out.
var ErrImpossible = errors.New("impossible rule")

// ErrHistory reports that too few bars are completed at the entry; such a setup may be skipped for every rule alike.
var ErrHistory = errors.New("not enough history")

// Plan turns a setup into orders. It fails with ErrImpossible when the size is below one lot, the leverage below 1x or
// above the venue's limit at this notional, the notional above equity * leverage, or a stop or take-profit on the wrong
// side of the entry; and with ErrHistory when the bars do not reach back far enough. Errors name rule and setup.
func (r *Rule) Plan(c *Context) (Plan, error) {
	p, err := r.plan(*c)
	if err != nil {
		return Plan{}, fmt.Errorf("rule %s: setup %d, %s %s at %s: %w", r.Name, c.Setup.ID, c.Setup.Side, c.Setup.Symbol, c.Setup.Time, err)
	}
	return p, nil
}

func (r *Rule) plan(c Context) (Plan, error) {
	if c.Equity == 0 {
		c.Equity = r.Equity
	}
	if err := r.check(&c); err != nil {
		return Plan{}, err
	}
	c.Margin = r.Margin
	p := Plan{Margin: r.Margin, Exit: r.exit(c.Setup)}
	stop, err := r.placeStop(&c, &p)
	if err != nil {
		return Plan{}, err
	}
	if stop.After > 0 && (p.Exit == 0 || c.Setup.Time+stop.After < p.Exit) {
		p.Exit = c.Setup.Time + stop.After
	}
	if stop.Loss > 0 && stop.Active {
		return Plan{}, fmt.Errorf("%w: a stop stands at a distance or at a loss of equity, not at both", ErrImpossible)
	}
	if stop.Loss > 0 {
		kept, ok := (market.Scale - stop.Loss).OfCeil(c.Equity)
		if !ok || kept >= c.Equity {
			return Plan{}, fmt.Errorf("%w: %s of an equity of %s is no loss to stop at", ErrImpossible, stop.Loss, c.Equity)
		}
		p.EquityFloor = kept
	}
	size, err := r.size(&c, stop)
	if err != nil {
		return Plan{}, err
	}
	p.Size = market.Qty(c.Setup.Side) * size
	if err := placeNear(&c, stop, size, &p); err != nil {
		return Plan{}, err
	}
	if p.Leverage, err = r.leverage(&c, size); err != nil {
		return Plan{}, err
	}
	if err := r.placeTakeProfit(&c, stop, &p); err != nil {
		return Plan{}, err
	}
	r.noteLiquidation(&c, size, &p)
	return p, nil
}

func (r *Rule) check(c *Context) error {
	switch {
	case r.Sizing == nil || r.Leverage == nil:
		return fmt.Errorf("%w: a rule needs a sizing and a leverage", ErrImpossible)
	case c.Setup.Side != market.Long && c.Setup.Side != market.Short:
		return fmt.Errorf("%w: side %d: expected long or short", ErrImpossible, c.Setup.Side)
	case c.Price <= 0:
		return fmt.Errorf("%w: entry price %s: expected a price above 0", ErrImpossible, c.Price)
	case c.Equity <= 0:
		return fmt.Errorf("%w: equity %s: expected an amount above 0", ErrImpossible, c.Equity)
	case c.Instrument.Lot <= 0 || c.Instrument.Tick <= 0:
		return fmt.Errorf("%w: instrument %q has lot %s and tick %s: expected both above 0", ErrImpossible, c.Instrument.Symbol, c.Instrument.Lot, c.Instrument.Tick)
	case c.Exchange == nil:
		return fmt.Errorf("%w: no exchange to ask for leverage limits", ErrImpossible)
	}
	return nil
}

func (r *Rule) exit(s Setup) market.Time {
	if r.HoldFor == 0 {
		return s.Exit
	}
	exit := s.Time + r.HoldFor
	if s.Exit != 0 {
		exit = min(exit, s.Exit)
	}
	return exit
}

// placeStop fills in the stop. The distance it returns for sizing is the one asked for, which is never below the one
// that the tick leaves.
func (r *Rule) placeStop(c *Context, p *Plan) (StopOrder, error) {
	if r.Stop == nil {
		return StopOrder{}, nil
	}
	stop, err := r.Stop.Stop(c)
	p.Watch = stop.Watch
	if err != nil || !stop.Active {
		return stop, err
	}
	if stop.Distance <= 0 {
		return stop, fmt.Errorf("%w: stop distance %s: expected a distance above 0, else the stop is on the wrong side of the entry", ErrImpossible, stop.Distance)
	}
	side := market.Price(c.Setup.Side)
	p.Fill, p.Limit = stop.Fill, roundToTick(stop.Offset, c.Instrument.Tick, market.Long) // up: the limit is never better by rounding
	p.Stop = roundToTick(c.Price-side*stop.Distance, c.Instrument.Tick, c.Setup.Side)
	switch {
	case p.Stop <= 0:
		return stop, fmt.Errorf("%w: a stop %s from %s is at or below a price of 0: ask for less than 100%%", ErrImpossible, stop.Distance, c.Price)
	case side*(c.Price-p.Stop) <= 0:
		return stop, fmt.Errorf("%w: a stop %s from %s is within one tick of %s: the stop would be on the wrong side of the entry", ErrImpossible, stop.Distance, c.Price, c.Instrument.Tick)
	}
	if stop.Trailing {
		p.Trail = stop.Distance
		if stop.Trail > stop.Distance {
			p.Trail, p.Peak = stop.Trail, c.Price+side*(stop.Trail-stop.Distance)
		}
	}
	return stop, nil
}

func (r *Rule) size(c *Context, stop StopOrder) (market.Qty, error) {
	size := c.Setup.Size
	if size == 0 {
		var err error
		if size, err = r.Sizing.Size(c, stop); err != nil {
			return 0, err
		}
	}
	lots := size / c.Instrument.Lot
	if lots <= 0 {
		return 0, fmt.Errorf("%w: size %s is below one lot of %s: raise the equity, notional or risk", ErrImpossible, size, c.Instrument.Lot)
	}
	return lots * c.Instrument.Lot, nil
}

func (r *Rule) leverage(c *Context, size market.Qty) (market.Rate, error) {
	notional, ok := market.ValueCeil(size, c.Price)
	if !ok {
		return 0, fmt.Errorf("%w: the notional of %s at %s does not fit", ErrImpossible, size, c.Price)
	}
	leverage, err := r.Leverage.Leverage(c, size)
	if err != nil {
		return 0, err
	}
	limit := c.Exchange.MaxLeverage(c.Setup.Symbol, notional)
	switch {
	case leverage < market.Scale:
		return 0, fmt.Errorf("%w: leverage %sx: expected at least 1x", ErrImpossible, leverage)
	case leverage > market.Rate(limit)*market.Scale:
		return 0, fmt.Errorf("%w: leverage %sx is above the %dx that the venue allows for %s at a notional of %s: lower the leverage or the size",
			ErrImpossible, leverage, limit, c.Setup.Symbol, notional)
	}
	// An overflow means more buying power than any notional that fits.
	if power, ok := leverage.OfFloor(c.Equity); ok && notional > power {
		return 0, fmt.Errorf("%w: a notional of %s is above equity * leverage = %s * %sx = %s: lower the size or raise the leverage",
			ErrImpossible, notional, c.Equity, leverage, power)
	}
	return leverage, nil
}

func (r *Rule) placeTakeProfit(c *Context, stop StopOrder, p *Plan) error {
	if r.TakeProfit == nil {
		return nil
	}
	if l, ok := r.TakeProfit.(Laddered); ok {
		return placeLadder(c, l, stop, p)
	}
	price, ok, err := r.TakeProfit.TakeProfit(c, stop)
	if err != nil || !ok {
		return err
	}
	p.TakeProfit = roundToTick(price, c.Instrument.Tick, c.Setup.Side)
	if p.TakeProfit <= 0 || market.Price(c.Setup.Side)*(p.TakeProfit-c.Price) <= 0 {
		return fmt.Errorf("%w: take-profit %s is on the wrong side of a %s entered at %s", ErrImpossible, price, c.Setup.Side, c.Price)
	}
	return nil
}

// noteLiquidation warns of a stop that liquidation comes before. A cross position's liquidation price depends on the
// rest of the account, so only isolated ones are judged.
func (r *Rule) noteLiquidation(c *Context, size market.Qty, p *Plan) {
	if p.Stop == 0 || r.Margin != Isolated {
		return
	}
	liquidation, ok := c.Exchange.LiquidationPrice(c.Setup.Symbol, c.Setup.Side, size, c.Price, p.Leverage)
	if ok && market.Price(c.Setup.Side)*(p.Stop-liquidation) <= 0 {
		p.Notes = append(p.Notes, Note{StopBeyondLiquidation, fmt.Sprintf(
			"the stop at %s is never reached: at %sx a %s entered at %s is liquidated at %s", p.Stop, p.Leverage, c.Setup.Side, c.Price, liquidation)})
	}
}

// roundToTick rounds up for longs and down for shorts: a stop toward the entry, a take-profit away from it.
func roundToTick(price, tick market.Price, side market.Side) market.Price {
	below := price - ((price%tick)+tick)%tick
	if side == market.Long && below != price {
		return below + tick
	}
	return below
}
