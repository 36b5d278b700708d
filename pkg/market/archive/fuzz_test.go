package archive

import (
	"bytes"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"pgregory.net/rapid"
)

// fuzzKind parses any bytes strictly and collecting: nothing panics, what a strict parse accepts is ascending and
// valid, and collecting accepts every row that strict does.
func fuzzKind(f *testing.F, file File, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, _, err := parse(bytes.NewReader(data), &file, 0, strict)
		var found findings
		lenient, _, collected := parse(bytes.NewReader(data), &file, 0, found.collect)
		if err != nil {
			if collected == nil && len(found.all) == 0 {
				t.Fatalf("strict says %v, collecting found nothing", err)
			}
			return
		}
		if collected != nil || len(found.all) > 0 || lenient.len() != one.len() {
			t.Fatalf("strict accepts %d rows, collecting %d with %v %v", one.len(), lenient.len(), found.all, collected)
		}
		for i := range one.len() {
			if i > 0 && one.compare(i-1, one, i) >= 0 {
				t.Fatalf("row %d does not come after the row before", i)
			}
			if c := one.candles; c != nil && (c.Low[i] <= 0 || c.High[i] < max(c.Open[i], c.Close[i]) || c.Low[i] > min(c.Open[i], c.Close[i]) || !(c.Volume[i] >= 0)) {
				t.Fatalf("row %d is no bar: %v %v %v %v %v", i, c.Open[i], c.High[i], c.Low[i], c.Close[i], c.Volume[i])
			}
		}
	})
}

func FuzzKlines(f *testing.F) {
	fuzzKind(f, File{Path: "f.csv", Key: columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: "BTCUSDT"}, Market: USDMargined},
		twelveHeader+minute, minute, "timestamp,open,high,low,close,volume\n1760131200000,1,2,1,2,5\n", "\"", "\n\n")
}

func FuzzCoinMarginedKlines(f *testing.F) {
	fuzzKind(f, File{Path: "f.csv", Key: columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: "UNIUSD_PERP"}, Market: CoinMargined, ContractSize: 10},
		"open_time,open,high,low,close,volume,notional_px_x_amount,count,taker_buy_volume\n1760131200000,2.4,2.6,2.4,2.6,5.0,12.5,3,2.0\n",
		twelveHeader+"1760131200000,2.4,2.6,2.4,2.6,5,1760131259999,20,3,2,8,0\n")
}

func FuzzFunding(f *testing.F) {
	fuzzKind(f, File{Path: "f.csv", Key: columnar.Key{Kind: columnar.Funding, Symbol: "BTCUSDT"}},
		"calc_time,funding_interval_hours,last_funding_rate\n1758326400000,8,0.0001\n")
}

func FuzzMetrics(f *testing.F) {
	fuzzKind(f, File{Path: "f.csv", Key: columnar.Key{Kind: columnar.OpenInterest, Symbol: "BTCUSDT"}},
		"create_time,sum_open_interest,sum_open_interest_value\n2025-10-10 20:00:00,1,2\n",
		"time_utc,sum_open_interest,sum_open_interest_value,ratio1\n2025-10-10 19:00,93417.986,1.095325e+10,1\n")
}

func FuzzBookDepth(f *testing.F) {
	fuzzKind(f, File{Path: "f.csv", Key: columnar.Key{Kind: columnar.Depth, Symbol: "BTCUSDT"}},
		"timestamp,percentage,depth,notional\n2025-10-10 19:00:06,-5,1,1\n2025-10-10 19:00:06,-4,1,1\n")
}

func FuzzPath(f *testing.F) {
	f.Add("um/klines/BTCUSDT-1m-2025-10-10.zip")
	f.Add("-1m")
	f.Fuzz(func(t *testing.T, path string) {
		if l := readLabel(path); l.interval < 0 {
			t.Fatalf("%q has interval %d", path, l.interval)
		}
	})
}

// However a series is cut into files that overlap, merging gives the series back and counts the repetitions.
func TestMergeRestoresAnyCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "rows")
		whole := &table{candles: &market.Candles{}}
		for i := range n {
			c, p := whole.candles, market.Price(1+i)*market.Scale
			c.Time = append(c.Time, market.Time(i)*market.Minute)
			c.Open, c.High, c.Low, c.Close = append(c.Open, p), append(c.High, p), append(c.Low, p), append(c.Close, p)
			c.Volume = append(c.Volume, float64(i))
			whole.origins = append(whole.origins, origin{line: int32(i)})
		}
		parts := []*table{}
		covered, rows := make([]bool, n), 0
		for range rapid.IntRange(1, 6).Draw(t, "files") {
			from := rapid.IntRange(0, n-1).Draw(t, "from")
			to := rapid.IntRange(from+1, n).Draw(t, "to")
			part := whole.like(whole)
			part.add(whole, from, to)
			parts = append(parts, part)
			for i := from; i < to; i++ {
				covered[i] = true
			}
			rows += to - from
		}
		want := []market.Time{}
		for i, ok := range covered {
			if ok {
				want = append(want, market.Time(i)*market.Minute)
			}
		}
		merged, dropped, err := merge(parts, nil, strict)
		if err != nil || merged.len() != len(want) || dropped != rows-len(want) {
			t.Fatalf("merged %d rows, dropped %d, %v: expected %d and %d", merged.len(), dropped, err, len(want), rows-len(want))
		}
		for i, w := range want {
			if merged.time(i) != w || merged.candles.Volume[i] != float64(w/market.Minute) {
				t.Fatalf("row %d is %s, expected %s", i, merged.time(i), w)
			}
		}
	})
}
