package replay

import (
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// coupling ties the displacements of several venues together (docs/MODEL.md section 16): arbitrage moves pressure from where it is
// high to where it is low, and index and mark prices contain the mean of all. Sums run over the venues in one order, that of
// their names, and as differences from the first, so that what is equal everywhere stays what it is to the last bit.
type coupling struct {
	movers   []*mover
	weight   []float64 // shares of the depth
	cutOff   [][]scenario.Span
	ownMark  float64
	halfLife scenario.HalfLife
	at       []market.Time // by instrument, of the latest arbitrage
	moved    []float64     // by instrument, in quote
}

// cut reports whether a venue is cut off.
func (c *coupling) cut(seat int, now market.Time) bool {
	for _, s := range c.cutOff[seat] {
		if now >= s.From && now < s.To {
			return true
		}
	}
	return false
}

// allCut reports whether every venue is cut off.
func (c *coupling) allCut(now market.Time) bool {
	for v := range c.movers {
		if !c.cut(v, now) {
			return false
		}
	}
	return true
}

// age lets time pass for an instrument on the venues whose pressure arbitrage connects with that of one; alone on that one where
// there is no arbitrage. Time in which nobody takes part is none for arbitrage.
func (c *coupling) age(m *mover, i market.InstrumentID, now market.Time) {
	if c.halfLife == scenario.Never || c.cut(m.seat, now) {
		m.places[i].decay(m.law, now)
		if c.allCut(now) {
			c.at[i] = now
		}
		return
	}
	if c.at[i] == now {
		return
	}
	for v, o := range c.movers {
		if !c.cut(v, now) {
			o.places[i].decay(o.law, now)
		}
	}
	kept := 0.0
	if c.halfLife > 0 {
		kept = halved(now-c.at[i], market.Time(c.halfLife))
	}
	c.at[i] = now
	c.level(i, now, kept)
}

// level brings the pressures of an instrument toward their mean over the venues that take part, weighted with depth; kept is the share
// of each difference that stays. What one venue loses others gain: the sum of depth times pressure stays what it is.
func (c *coupling) level(i market.InstrumentID, now market.Time, kept float64) {
	var first *displacement
	var depth, transient, permanent float64
	part := 0
	for v, m := range c.movers {
		if c.cut(v, now) {
			continue
		}
		p := &m.places[i]
		d := market.Float(p.depth)
		if part++; first == nil {
			first = &displacement{transient: p.transient, permanent: p.permanent}
		}
		depth += d
		transient += float64(d * (p.transient - first.transient))
		permanent += float64(d * (p.permanent - first.permanent))
	}
	if part < 2 || depth <= 0 {
		return
	}
	x, y := first.transient+transient/depth, first.permanent+permanent/depth
	for v, m := range c.movers {
		if c.cut(v, now) {
			continue
		}
		p := &m.places[i]
		if p.transient == x && p.permanent == y {
			continue
		}
		if change := float64((x - p.transient) * (1 - kept)); change > 0 {
			c.moved[i] += float64(change * market.Float(p.depth))
		}
		p.transient, p.permanent = x+float64(kept*(p.transient-x)), y+float64(kept*(p.permanent-y))
		m.touch(i)
	}
}

// atOnce levels what flow was added to, where arbitrage takes no time.
func (c *coupling) atOnce(now market.Time) {
	if c.halfLife != 0 {
		return
	}
	for v, m := range c.movers {
		if c.cut(v, now) {
			continue
		}
		for _, i := range m.flow.moved {
			c.level(i, now, 0)
		}
	}
}

// quoted returns the displacements of a venue's mark price and of its index price.
func (c *coupling) quoted(m *mover, i market.InstrumentID, now market.Time) (mark, index float64) {
	own := m.places[i].applied
	index = c.mean(m, i, now)
	return own + float64((1-c.ownMark)*(index-own)), index
}

// mean is the mean displacement of last prices over the venues that are not cut off, weighted with depth: what an index of
// them shows. A venue that is the only one sees its own.
func (c *coupling) mean(m *mover, i market.InstrumentID, now market.Time) float64 {
	var first, sum, weight float64
	for v, o := range c.movers {
		if c.cut(v, now) {
			continue
		}
		d := o.places[i].applied
		if weight == 0 {
			first = d
		}
		weight += c.weight[v]
		sum += float64(c.weight[v] * (d - first))
	}
	if weight == 0 {
		return m.places[i].applied
	}
	return first + sum/weight
}
