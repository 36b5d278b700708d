package replay

import (
	"container/heap"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// alarm waits for a price, a time or a settlement on behalf of an account: to wake one of its attendants, or to fill a
// resting order.
type alarm struct {
	key        int64 // heap order: a price, negated where the price has to fall, or a time
	serial     int64 // of asking; ties
	account    risk.AccountID
	generation int32 // of the account's position; another one is not its business
	attendant  int32
	tag        int
	price      market.Price
	size       market.Qty // of a resting order, signed; 0: wake the attendant
}

// alarmHeap yields alarms by key, then in the order in which they were asked for.
type alarmHeap []alarm

func (h alarmHeap) Len() int { return len(h) }
func (h alarmHeap) Less(i, j int) bool {
	return h[i].key < h[j].key || h[i].key == h[j].key && h[i].serial < h[j].serial
}
func (h alarmHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *alarmHeap) Push(x any)   { *h = append(*h, x.(alarm)) }
func (h *alarmHeap) Pop() any {
	last := len(*h) - 1
	a := (*h)[last]
	*h = (*h)[:last]
	return a
}

// take pops the alarms with key <= now.
func (h *alarmHeap) take(now int64, into []alarm) []alarm {
	for len(*h) > 0 && (*h)[0].key <= now {
		into = append(into, heap.Pop(h).(alarm))
	}
	return into
}

// priceAlarms are those of one instrument and one watched price. A tick at which none is due costs two comparisons.
type priceAlarms struct{ falling, rising alarmHeap }

func (p *priceAlarms) add(a alarm, now market.Price) {
	if a.price > now {
		a.key = int64(a.price)
		heap.Push(&p.rising, a)
		return
	}
	a.key = -int64(a.price)
	heap.Push(&p.falling, a)
}

func (p *priceAlarms) take(now market.Price) []alarm {
	return p.rising.take(int64(now), p.falling.take(-int64(now), nil))
}
