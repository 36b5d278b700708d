package synth

import (
	"fmt"
	"strconv"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Provenance is the value of `provenance` in the metadata of a reconstructed catalog and of each of its files.
const Provenance = "reconstructed"

// method names the arithmetic; it changes whenever the same points would give other bytes.
const method = "synth/v1: log-price bridge through published control points, one-second grid"

// Metadata returns what the catalog's manifest and each of its files say of their origin.
func (p *Points) Metadata() map[string]string {
	return map[string]string{
		"provenance":    Provenance,
		"name":          p.Name,
		"title":         p.Title,
		"method":        method,
		"seed":          strconv.FormatUint(p.Seed, 10),
		"points_sha256": p.SHA256,
	}
}

// Series is what the points make of one instrument.
type Series struct {
	Symbol       string
	Candles      *market.Candles // one minute, last price
	Mark         *market.Candles // one minute; volume is zero
	Funding      *market.Funding
	OpenInterest *market.OpenInterest
	Depth        *market.Depth
}

// Build reconstructs every instrument, in the order of their symbols. The error is of an open interest whose value does
// not fit.
func (p *Points) Build() ([]Series, error) {
	g := newGrid(p)
	out := make([]Series, len(p.Instruments))
	for n := range p.Instruments {
		i := &p.Instruments[n]
		path := g.bridge(p, i)
		mark := g.mark(p, i, path)
		interest, ok := g.openInterest(p, i, mark)
		if !ok {
			return nil, fmt.Errorf("%s: open interest of %s does not fit: expected a value below 92233720368; check open_interest.size",
				i.Symbol, i.OpenInterest.Size)
		}
		out[n] = Series{
			Symbol:       i.Symbol,
			Candles:      g.bars(p, i, path),
			Mark:         candles(g, mark),
			Funding:      funding(p, i),
			OpenInterest: interest,
			Depth:        g.depth(p, i, path),
		}
	}
	return out, nil
}

// Write builds the catalog at dir, which must not exist; it appears complete or not at all. The same points give the
// same bytes.
func (p *Points) Write(dir string) ([]Series, error) {
	all, err := p.Build()
	if err != nil {
		return nil, err
	}
	w, err := columnar.Create(dir, p.Metadata())
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	for _, s := range all {
		if err := s.write(w); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Symbol, err)
		}
	}
	return all, w.Commit()
}

func (s *Series) write(w *columnar.Writer) error {
	candles := columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: s.Symbol}
	if err := w.Candles(candles, s.Candles); err != nil {
		return err
	}
	mark := columnar.Key{Kind: columnar.Mark, Interval: market.Minute, Symbol: s.Symbol}
	if err := w.Candles(mark, s.Mark); err != nil {
		return err
	}
	if err := w.Funding(s.Symbol, s.Funding); err != nil {
		return err
	}
	if err := w.OpenInterest(s.Symbol, s.OpenInterest); err != nil {
		return err
	}
	return w.Depth(s.Symbol, s.Depth)
}
