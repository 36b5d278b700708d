package main

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// progress is a bar on a terminal that shows how far a replay has come, and the time that it has reached. Elsewhere it
// is silent.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
	at        atomic.Int64
}

func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{}
	width := terminalWidth(w)
	if quiet || width == 0 {
		return p
	}
	p.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(min(width, 100)))
	return p
}

// update is called with the bars replayed, all bars, and the time reached.
func (p *progress) update(done, total int64, at market.Time) {
	if p.container == nil {
		return
	}
	p.at.Store(int64(at))
	if p.bar == nil {
		p.bar = p.container.AddBar(total,
			mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
				if p.at.Load() == 0 { // no replay but a sweep, or many paths
					return fmt.Sprintf("%d of %d ", s.Current, s.Total)
				}
				return market.Time(p.at.Load()).UTC().Format("2006-01-02 15:04 ")
			})),
			mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8}), "")),
			mpb.BarRemoveOnComplete())
	}
	p.bar.SetTotal(total, false)
	p.bar.SetCurrent(done)
}

// close takes the bar away.
func (p *progress) close() {
	if p.container == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.container.Wait()
}
