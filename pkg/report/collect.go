package report

import (
	"cmp"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Collector keeps what the statistics of groups need of a replay and writes nothing. It implements replay.Recorder.
type Collector struct {
	groups []*group
	byName map[string]*group
}

var _ replay.Recorder = (*Collector)(nil)

// NewCollector returns an empty Collector.
func NewCollector() *Collector { return &Collector{byName: map[string]*group{}} }

// Event is not needed.
func (*Collector) Event(*risk.Event) error { return nil }

// Step is not needed.
func (*Collector) Step(*replay.Step) error { return nil }

// Account takes in one account.
func (c *Collector) Account(r *replay.AccountRow) error {
	g, ok := c.byName[r.Group]
	if !ok {
		g = &group{name: r.Group, counts: map[string]int{}}
		c.byName[r.Group] = g
		c.groups = append(c.groups, g)
	}
	g.add(r)
	return nil
}

// Groups returns the statistics of the groups in the order of names, with intervals at a level.
func (c *Collector) Groups(names []string, level float64) []Group {
	slices.SortStableFunc(c.groups, func(x, y *group) int {
		return cmp.Compare(indexOrLast(names, x.name), indexOrLast(names, y.name))
	})
	list := make([]Group, len(c.groups))
	for i, g := range c.groups {
		list[i] = g.summary(level)
	}
	return list
}
