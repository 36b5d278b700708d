package synth

import (
	"regexp"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var symbols = regexp.MustCompile(`^[A-Z0-9]{2,30}$`)

func (r *reader) instruments(f *fileText) {
	if len(f.Instruments) == 0 {
		r.add(place{}, "instruments are absent; expected at least one")
	}
	seen := map[string]bool{}
	for _, t := range f.Instruments {
		s := t.Symbol.value
		if !symbols.MatchString(s) || seen[s] {
			r.add(t.Symbol.place, "symbol %q; expected capitals and digits such as BTCUSDT, each symbol once", s)
			continue
		}
		seen[s] = true
		r.points.Instruments = append(r.points.Instruments, r.instrument(t))
	}
	slices.SortFunc(r.points.Instruments, func(a, b Instrument) int { return strings.Compare(a.Symbol, b.Symbol) })
}

func (r *reader) instrument(t instrumentText) Instrument {
	s := t.Symbol.value
	i := Instrument{
		Symbol:     s,
		Tick:       r.price(t.Tick, s+".tick"),
		Volatility: r.constant(t.Volatility, s+".volatility", 0.01, 20),
		Volume:     r.constant(t.Volume, s+".volume", 0.001, 1e12),
		Funding:    t.Funding.value,
		OpenInterest: OpenInterest{
			Path:      t.OpenInterest.Path.value,
			Statement: r.statement(t.OpenInterest.Statement, t.OpenInterest.Size.place, s+".open_interest"),
		},
	}
	if _, ok := r.points.Model.Funding[i.Funding]; !ok {
		r.add(t.Funding.place, "%s: funding %q is not under model.funding; known: %s", s, i.Funding,
			strings.Join(sortedKeys(r.points.Model.Funding), ", "))
	}
	if _, ok := r.points.Model.OpenInterest[i.OpenInterest.Path]; !ok {
		r.add(t.OpenInterest.Path.place, "%s: open_interest.path %q is not under model.open_interest; known: %s", s,
			i.OpenInterest.Path, strings.Join(sortedKeys(r.points.Model.OpenInterest), ", "))
	}
	size, err := market.Parse[market.Qty](t.OpenInterest.Size.value)
	if err != nil || size <= 0 {
		r.add(t.OpenInterest.Size.place, "%s: open interest %q; expected a positive amount of base", s, t.OpenInterest.Size.value)
	}
	i.OpenInterest.Size = size
	i.Depth = r.depth(t)
	found := len(r.errs)
	for _, p := range t.Prices {
		i.Prices = append(i.Prices, r.pricePoint(p, s+".prices"))
	}
	for _, p := range t.Mark {
		i.Mark = append(i.Mark, r.pricePoint(p, s+".mark"))
	}
	if len(r.errs) == found {
		r.contradictions(&i, t.Symbol.place)
	}
	return i
}

func (r *reader) depth(t instrumentText) []DepthLevel {
	s := t.Symbol.value
	if len(t.Depth) == 0 {
		r.add(t.Symbol.place, "%s: depth is absent; expected a list of {percentage, notional, source, quality}", s)
	}
	levels := make([]DepthLevel, len(t.Depth))
	for i, d := range t.Depth {
		levels[i] = DepthLevel{
			Percentage: r.number(d.Percentage, s+".depth", 0.01, 50),
			Notional:   r.number(d.Notional, s+".depth", 1000, 1e12),
			Statement:  r.statement(d.Statement, d.Percentage.place, s+".depth"),
		}
		if i > 0 && (levels[i].Percentage <= levels[i-1].Percentage || levels[i].Notional < levels[i-1].Notional) {
			r.add(d.Percentage.place, "%s: depth is cumulative; order it by percentage with notional never falling", s)
		}
	}
	return levels
}

func (r *reader) price(t text, what string) market.Price {
	p, err := market.Parse[market.Price](t.value)
	if err != nil || p <= 0 {
		r.add(t.place, "%s: %q; expected a positive decimal of at most 8 decimals", what, t.value)
		return 1
	}
	return p
}

func (r *reader) pricePoint(t priceText, what string) PricePoint {
	p := PricePoint{
		Time:      r.moment(t.Time, what),
		Price:     r.price(t.Price, what),
		Kind:      Kind(t.Kind.value),
		Venue:     t.Venue.value,
		Statement: r.statement(t.Statement, t.Time.place, what),
		place:     t.Time.place,
	}
	if p.Venue == "" {
		r.add(p.place, "%s: venue is absent; say whose price it is", what)
	}
	p.At = p.Time
	switch p.Kind {
	case Quote, Open:
		if t.Within.place.line > 0 || t.At.place.line > 0 {
			r.add(p.place, "%s: within and at belong to lows and highs; remove them from a %s", what, p.Kind)
		}
		if p.Kind == Open && p.Time%market.Minute != 0 {
			r.add(p.place, "%s: an open stands at the start of a minute; call %s a quote", what, p.Time)
		}
	case Low, High:
		r.extreme(&p, t, what)
	default:
		r.add(t.Kind.place, "%s: kind %q; expected quote, open, low or high", what, t.Kind.value)
	}
	return p
}

// extreme reads the window of a low or a high and the second that it is placed at: the middle of the window unless `at`
// says otherwise.
func (r *reader) extreme(p *PricePoint, t priceText, what string) {
	p.Within = market.Minute
	if t.Within.place.line > 0 {
		d, ok := market.ParseInterval(t.Within.value)
		if !ok || d%market.Minute != 0 || d > market.Day {
			r.add(t.Within.place, "%s: within %q; expected whole minutes such as 1m, 5m or 90m", what, t.Within.value)
			return
		}
		p.Within = d
	}
	if p.Time%market.Minute != 0 || p.Time+p.Within > r.points.To {
		r.add(p.place, "%s: the window of a %s starts at a minute and ends inside of the catalog's; was %s for %s", what,
			p.Kind, p.Time, market.FormatInterval(p.Within))
	}
	p.At = p.Time + p.Within/2/market.Second*market.Second
	if t.At.place.line > 0 {
		p.At = r.moment(t.At, what+".at")
		if p.At < p.Time || p.At >= p.Time+p.Within {
			r.add(t.At.place, "%s: at %s lies outside of the %s's window %s to %s", what, p.At, p.Kind, p.Time, p.Time+p.Within)
		}
	}
}
