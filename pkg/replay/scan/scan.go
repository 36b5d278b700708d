package scan

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Method is how the bars of interest are found; the outcomes are the same.
type Method uint8

// Indexed asks the trees; Plain looks at every bar and is there to be compared with.
const (
	Indexed Method = iota
	Plain
)

// Setups takes the same entries by a variant and appends their outcomes to out. Entries name bars within the series.
func (s *Series) Setups(m Method, v *Variant, entries []Entry, out []Outcome) ([]Outcome, error) {
	if err := s.Check(v); err != nil {
		return out, err
	}
	for i := range entries {
		o, err := s.trade(m, v, &entries[i])
		if err != nil {
			return out, err
		}
		out = append(out, o)
	}
	return out, nil
}

// Reentry says how a variant trades one position after the other: it enters at the first bar's open, and again at the
// open of the bar after the one in which the position ended. Every position begins with the variant's equity. An entry
// that is refused is tried again at the next bar and leaves no outcome.
type Reentry struct {
	Side market.Side
	Hold market.Time // longest holding time; 0: to the end
}

// Reenter trades one position after the other and appends their outcomes to out; refused is the number of entries that
// were not taken.
func (s *Series) Reenter(m Method, v *Variant, r Reentry, out []Outcome) (list []Outcome, refused int, err error) {
	if err := s.Check(v); err != nil {
		return out, 0, err
	}
	for bar, n := 0, int32(0); bar < s.bars; {
		e := Entry{Bar: int32(bar), Setup: n, Side: r.Side}
		if r.Hold > 0 {
			e.Exit = s.o.Time[bar] + r.Hold
		}
		o, err := s.trade(m, v, &e)
		if err != nil {
			return out, refused, err
		}
		if o.Kind == Refused {
			refused++
			bar++
			continue
		}
		out = append(out, o)
		bar = int(o.EndBar) + 1
		n++
	}
	return out, refused, nil
}

// trade takes one entry.
func (s *Series) trade(m Method, v *Variant, e *Entry) (Outcome, error) {
	p, refused, err := s.open(v, e)
	if err != nil {
		return Outcome{}, err
	}
	if refused != Taken {
		return Outcome{Setup: e.Setup, Bar: e.Bar, EndBar: e.Bar, Side: e.Side, Kind: Refused, Refusal: refused}, nil
	}
	var end ending
	if m == Plain {
		end = s.plain(&p)
	} else {
		end = s.find(&p)
	}
	return s.settle(v, e, &p, &end), nil
}

// Check refuses a variant that this series cannot carry out.
func (s *Series) Check(v *Variant) error {
	switch {
	case v.Equity <= 0 || v.Notional <= 0 || v.Leverage <= 0:
		return fmt.Errorf("scan: equity %v, notional %v, leverage %v; expected positive values", v.Equity, v.Notional, v.Leverage)
	case v.Watch > 1:
		return fmt.Errorf("scan: a stop that watches the %v price; expected mark or last", v.Watch)
	case v.Stop.Period > 0 && len(v.ATR) != s.bars:
		return fmt.Errorf("scan: %d average true ranges over %d bars; expected one for each of %d bars", len(v.ATR), v.Stop.Period, s.bars)
	}
	return nil
}

// Each carries out every variant on some workers and hands its outcomes to use, in any order and from any of the workers;
// the slice is valid during the call. Which worker takes which variant changes no outcome.
func Each(ctx context.Context, variants, workers int, carry func(variant int, out []Outcome) ([]Outcome, error), use func(variant int, out []Outcome) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var done sync.WaitGroup
	for range max(1, min(workers, variants, 8*runtime.NumCPU())) {
		done.Go(func() {
			var out []Outcome
			for {
				v := int(next.Add(1)) - 1
				if v >= variants || ctx.Err() != nil {
					return
				}
				var err error
				if out, err = carry(v, out[:0]); err == nil {
					err = use(v, out)
				}
				if err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	done.Wait()
	return context.Cause(ctx)
}
