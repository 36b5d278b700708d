package replay

import (
	"errors"
	"io"
	"math"
)

// companion gives the mark or the index price beside an instrument's last price.
//
// Bars of the same or a finer length that fill the candle are joined to its length and walk in step with it. A coarser
// bar only bounds: the price is the last price, held between the bar's low and high. Without a bar, or where finer ones
// leave a part of the candle open, whose extremes they lack, it is the last price.
type companion struct {
	from     stream // nil without a series
	ahead    bar    // the next bar not yet passed
	err      error  // io.EOF after the last
	began    bool
	inStep   int64 // candles by where their price came from
	bounded  int64
	fromLast int64
}

// path returns the price's ticks beside those of a candle.
func (c *companion) path(candle *bar, s shape, last *path) (path, error) {
	if c.from == nil {
		c.fromLast++
		return *last, nil
	}
	if !c.began {
		c.began = true
		c.advance()
	}
	for c.err == nil && c.ahead.end() <= candle.time {
		c.advance()
	}
	if c.err == nil && c.ahead.interval > candle.interval && c.ahead.time <= candle.time {
		c.bounded++
		p := *last
		p.clamp(c.ahead.low, c.ahead.high)
		return p, nil
	}
	joined := bar{time: candle.time, interval: candle.interval, low: math.MaxInt64}
	reached := candle.time
	for c.err == nil && c.ahead.end() <= candle.end() && c.ahead.time >= candle.time {
		if c.ahead.time == reached {
			reached = c.ahead.end()
		}
		if joined.open == 0 {
			joined.open = c.ahead.open
		}
		joined.high, joined.low, joined.close = max(joined.high, c.ahead.high), min(joined.low, c.ahead.low), c.ahead.close
		c.advance()
	}
	if c.err != nil && !errors.Is(c.err, io.EOF) {
		return path{}, c.err
	}
	if reached != candle.end() {
		c.fromLast++
		return *last, nil
	}
	c.inStep++
	return s.walk(&joined), nil
}

func (c *companion) advance() { c.err = c.from.next(&c.ahead) }
