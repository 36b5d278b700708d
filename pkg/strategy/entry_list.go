package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// List enters a given list of trades, made by ParseTradeList.
type List struct {
	Name   string  // of the file, for errors
	Trades []Setup // in time order
	Lines  []int   // where each trade stands in the file
	// Clip leaves out trades outside of the window or of its symbols instead of failing.
	Clip bool
}

var listDoc = Doc{
	Summary: "enter the trades of a file: our own columns, or an export of freqtrade, nautilus_trader or Binance",
	Formula: "setup at each trade's time, price and size where it has them",
	Source:  "docs/FORMATS.md, trade lists",
	Params: []Param{
		{Name: "file", Unit: "file name", Help: "CSV trade list"},
		{Name: "outside", Unit: "error or skip", Default: "error", Help: "what to do with trades outside of the window or in symbols without data"},
	},
}

func (r *Registry) newList(p Params) (Entry, error) {
	if p["outside"] != "error" && p["outside"] != "skip" {
		return nil, p.errorf("outside", "error or skip")
	}
	name := p["file"]
	if r.Open == nil {
		return nil, fmt.Errorf("%w: file %q: this program opens no trade lists (Registry.Open is nil)", ErrParam, name)
	}
	file, err := r.Open(name)
	if err != nil {
		return nil, fmt.Errorf("trade list %s: %w", name, err)
	}
	list, err := ParseTradeList(file, name)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("trade list %s: %w", name, closeErr)
	}
	list.Clip = p["outside"] == "skip"
	return list, err
}

// Setups implements Entry. A setup keeps the ID of its trade, its place in the file by time.
func (l List) Setups(w Window) ([]Setup, error) {
	known := map[string]market.Time{}
	for _, s := range w.Symbols {
		known[s] = w.start(s)
	}
	var setups []Setup
	for i, s := range l.Trades {
		start, ok := known[s.Symbol]
		switch {
		case ok && s.Time >= start && s.Time < w.To:
			if err := l.possible(s, w.Instruments[s.Symbol]); err != nil {
				return nil, fmt.Errorf("%s: %w", l.place(i), err)
			}
			setups = append(setups, s)
		case l.Clip:
		case !ok:
			return nil, fmt.Errorf("%s: %w (outside: skip leaves such trades out)", l.place(i), unknown(ErrUnknown, "symbol", s.Symbol, w.Symbols))
		default:
			return nil, fmt.Errorf("%s: time %s is outside of the data: expected %s <= time < %s (outside: skip leaves such trades out)", l.place(i), s.Time, start, w.To)
		}
	}
	return setups, nil
}

// possible checks what a trade asks for against its instrument, where that is known.
func (l List) possible(s Setup, in market.Instrument) error {
	if s.Size > 0 && in.Lot > 0 && s.Size < in.Lot {
		return fmt.Errorf("size %s of %s is below one lot of %s", s.Size, s.Symbol, in.Lot)
	}
	if s.Size > 0 && s.Price > 0 {
		if _, ok := market.ValueCeil(s.Size, s.Price); !ok {
			return fmt.Errorf("size %s at a price of %s exceeds what an amount can hold, 92 billion", s.Size, s.Price)
		}
	}
	return nil
}

func (l List) place(i int) string {
	if i < len(l.Lines) {
		return fmt.Sprintf("%s:%d", l.Name, l.Lines[i])
	}
	return l.Name
}
