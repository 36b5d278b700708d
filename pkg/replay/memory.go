package replay

import (
	"errors"
	"io"
	"sync"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// memoryRows bounds the bars that a Memory keeps; a bar takes 48 bytes.
const memoryRows = 16 << 20

// Memory decodes the bars of a catalog once for many runs. Series that would not fit beside those that it holds are
// decoded by each run, as without it. It is safe for concurrent use.
type Memory struct {
	catalog *columnar.Catalog
	kept    map[columnar.Key]*keptSeries
}

// keptSeries are the decoded batches of one series.
type keptSeries struct {
	once    sync.Once
	batches []*market.Candles
	err     error
}

// NewMemory returns a Memory of a catalog; nothing is decoded yet.
func NewMemory(c *columnar.Catalog) *Memory {
	m := &Memory{catalog: c, kept: map[columnar.Key]*keptSeries{}}
	rows := int64(0)
	for _, s := range c.Series() {
		if s.Kind != columnar.Candles && s.Kind != columnar.Mark && s.Kind != columnar.Index {
			continue
		}
		if rows += s.Rows; rows > memoryRows {
			break
		}
		m.kept[s.Key] = &keptSeries{}
	}
	return m
}

// Candles implements candleOpener.
func (m *Memory) Candles(key columnar.Key) (columnar.CandleReader, error) {
	k, ok := m.kept[key]
	if !ok {
		return m.catalog.Candles(key)
	}
	k.once.Do(func() { k.batches, k.err = decodeAll(m.catalog, key) })
	if k.err != nil {
		return nil, k.err
	}
	return &keptReader{batches: k.batches}, nil
}

func decodeAll(c *columnar.Catalog, key columnar.Key) (batches []*market.Candles, err error) {
	r, err := c.Candles(key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b := &market.Candles{}
		if err := r.Next(b); errors.Is(err, io.EOF) {
			return batches, nil
		} else if err != nil {
			return nil, err
		}
		b.QuoteVolume, b.Trades, b.TakerBuyVolume = nil, nil, nil
		batches = append(batches, b)
	}
}

// keptReader hands out kept batches. Their columns are shared: readers of bars do not write to them.
type keptReader struct{ batches []*market.Candles }

// Next implements columnar.CandleReader.
func (r *keptReader) Next(dst *market.Candles) error {
	if len(r.batches) == 0 {
		return io.EOF
	}
	*dst = *r.batches[0]
	r.batches = r.batches[1:]
	return nil
}

// Close implements columnar.CandleReader.
func (r *keptReader) Close() error { return nil }
