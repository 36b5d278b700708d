package data_test

import (
	"errors"
	"io"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

func open(t *testing.T, name string) *columnar.Catalog {
	t.Helper()
	fsys, ok := data.Catalog(name)
	if !ok {
		t.Fatalf("no catalog %s", name)
	}
	c, err := columnar.Open(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// candles reads a whole series as the replay does.
func candles(t *testing.T, c *columnar.Catalog, kind columnar.Kind, symbol string) *market.Candles {
	t.Helper()
	r, err := c.Candles(columnar.Key{Kind: kind, Interval: market.Minute, Symbol: symbol})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, batch := &market.Candles{}, &market.Candles{}
	for {
		err := r.Next(batch)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all.Time = append(all.Time, batch.Time...)
		all.Open = append(all.Open, batch.Open...)
		all.High = append(all.High, batch.High...)
		all.Low = append(all.Low, batch.Low...)
		all.Close = append(all.Close, batch.Close...)
		all.Volume = append(all.Volume, batch.Volume...)
	}
}

// The published lows, typed from the sources and not from points.yaml: each is the lowest price of its instrument, in
// its minute or bar, and of that minute only.
func TestLowsAreThePublishedOnes(t *testing.T) {
	for _, test := range []struct {
		catalog, symbol, low, bar string
		interval                  market.Interval
	}{
		{"october-10-2025", "BTCUSDT", "101516.5", "2025-10-10 21:20", market.Minute},
		{"october-10-2025", "ETHUSDT", "3400", "2025-10-10 21:20", 5 * market.Minute},
		{"october-10-2025", "SOLUSDT", "141.28", "2025-10-10 21:21", market.Minute},
		{"october-10-2025", "XRPUSDT", "1.1792", "2025-10-10 21:21", market.Minute},
		{"october-10-2025", "DOGEUSDT", "0.08385", "2025-10-10 21:20", market.Minute},
		{"october-10-2025", "BNBUSDT", "823.6", "2025-10-10 21:15", 5 * market.Minute},
		{"october-10-2025", "SUIUSDT", "0.5669", "2025-10-10 21:20", 5 * market.Minute},
		{"october-10-2025", "LINKUSDT", "8.164", "2025-10-10 21:20", 5 * market.Minute},
		{"october-10-2025", "AVAXUSDT", "8.433", "2025-10-10 21:20", 5 * market.Minute},
		{"october-10-2025", "HYPEUSDT", "21.029", "2025-10-10 21:20", 5 * market.Minute},
		{"red-monday-2025-09-22", "BTCUSDT", "111469.2", "2025-09-22 06:02", market.Minute},
		{"red-monday-2025-09-22", "ETHUSDT", "4000.88", "2025-09-22 06:00", 5 * market.Minute},
		{"red-monday-2025-09-22", "SOLUSDT", "212.29", "2025-09-22 06:02", market.Minute},
		{"red-monday-2025-09-22", "XRPUSDT", "2.6704", "2025-09-22 06:00", 5 * market.Minute},
		{"red-monday-2025-09-22", "DOGEUSDT", "0.22775", "2025-09-22 06:03", market.Minute},
		{"red-monday-2025-09-22", "BNBUSDT", "976.88", "2025-09-22 19:35", 5 * market.Minute},
		{"red-monday-2025-09-22", "SUIUSDT", "3.2148", "2025-09-22 06:00", 5 * market.Minute},
		{"red-monday-2025-09-22", "LINKUSDT", "20.032", "2025-09-22 06:00", 5 * market.Minute},
		{"red-monday-2025-09-22", "AVAXUSDT", "26.788", "2025-09-22 06:00", 5 * market.Minute},
		{"red-monday-2025-09-22", "HYPEUSDT", "45.99", "2025-09-22 06:00", 5 * market.Minute},
		{"black-thursday-2020-03-12", "BTCUSDT", "3621.81", "2020-03-13 02:16", market.Minute},
		{"black-thursday-2020-03-12", "ETHUSDT", "84.23", "2020-03-13 02:00", 60 * market.Minute},
		{"may-19-2021", "BTCUSDT", "28688", "2021-05-19 13:10", market.Minute},
		{"may-19-2021", "ETHUSDT", "1400.73", "2021-05-19 13:10", 5 * market.Minute},
		{"august-5-2024", "BTCUSDT", "48888", "2024-08-05 06:24", market.Minute},
		{"august-5-2024", "ETHUSDT", "2112", "2024-08-05 01:10", 5 * market.Minute},
		{"february-3-2025", "BTCUSDT", "91130.3", "2025-02-03 02:08", market.Minute},
		{"february-3-2025", "ETHUSDT", "2080.19", "2025-02-03 02:05", 5 * market.Minute},
	} {
		c := candles(t, open(t, test.catalog), columnar.Candles, test.symbol)
		bar, err := market.ParseTime(test.bar)
		if err != nil {
			t.Fatal(err)
		}
		lowest, touches := 0, 0
		for n, low := range c.Low {
			if low < c.Low[lowest] {
				lowest = n
			}
		}
		for _, low := range c.Low {
			if low == c.Low[lowest] {
				touches++
			}
		}
		at := c.Time[lowest]
		if c.Low[lowest].String() != test.low || at < bar || at >= bar+test.interval || touches != 1 {
			t.Errorf("%s %s: low %s at %s in %d bars, want %s from %s", test.catalog, test.symbol, c.Low[lowest], at, touches, test.low, bar)
		}
	}
}

// A selection of the other published prices, typed from the sources: inside of their minute, or its very first price.
func TestPublishedPricesAreInTheirMinutes(t *testing.T) {
	for _, test := range []struct{ catalog, symbol, minute, price, kind string }{
		{"october-10-2025", "BTCUSDT", "2025-10-10 00:00", "121579.4", "open"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 20:30", "116799.19", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:17", "108416", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:17", "107228", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:19", "104504", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:20", "102959", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:22", "107399", "quote"},
		{"october-10-2025", "BTCUSDT", "2025-10-10 21:27", "107000", "quote"},
		{"october-10-2025", "ETHUSDT", "2025-10-10 21:18", "3556.3", "quote"},
		{"october-10-2025", "SOLUSDT", "2025-10-10 21:19", "148.46", "quote"},
		{"october-10-2025", "SOLUSDT", "2025-10-10 21:27", "169.36", "quote"},
		{"october-10-2025", "XRPUSDT", "2025-10-10 21:21", "1.3423", "quote"},
		{"october-10-2025", "XRPUSDT", "2025-10-10 21:22", "1.6077", "quote"},
		{"october-10-2025", "BNBUSDT", "2025-10-10 21:19", "905.45", "quote"},
		{"october-10-2025", "SUIUSDT", "2025-10-10 21:16", "2.5864", "quote"},
		{"october-10-2025", "SUIUSDT", "2025-10-10 21:20", "0.83255", "quote"}, // between two ticks
		{"october-10-2025", "LINKUSDT", "2025-10-10 21:21", "8.701", "quote"},
		{"october-10-2025", "AVAXUSDT", "2025-10-10 21:18", "18.275", "quote"},
		{"october-10-2025", "HYPEUSDT", "2025-10-10 21:18", "33.949", "quote"},
		{"red-monday-2025-09-22", "BTCUSDT", "2025-09-21 20:00", "115600", "quote"},
		{"red-monday-2025-09-22", "BTCUSDT", "2025-09-22 05:30", "114500", "quote"},
		{"red-monday-2025-09-22", "BTCUSDT", "2025-09-22 07:45", "112863", "quote"},
		{"red-monday-2025-09-22", "ETHUSDT", "2025-09-22 09:00", "4163", "quote"},
		{"red-monday-2025-09-22", "XRPUSDT", "2025-09-22 09:00", "2.82", "quote"},
		{"black-thursday-2020-03-12", "BTCUSDT", "2020-03-12 12:00", "6046.39", "open"},
		{"black-thursday-2020-03-12", "BTCUSDT", "2020-03-13 02:40", "5049.99", "open"},
		{"black-thursday-2020-03-12", "ETHUSDT", "2020-03-13 03:00", "110.89", "open"},
		{"may-19-2021", "BTCUSDT", "2021-05-19 12:55", "33250", "open"},
		{"may-19-2021", "ETHUSDT", "2021-05-19 14:00", "2485.74", "open"},
		{"august-5-2024", "BTCUSDT", "2024-08-05 06:20", "50882.5", "open"},
		{"august-5-2024", "ETHUSDT", "2024-08-05 01:05", "2515.42", "open"},
		{"february-3-2025", "BTCUSDT", "2025-02-03 02:05", "93017.5", "open"},
		{"february-3-2025", "ETHUSDT", "2025-02-03 01:55", "2569.37", "open"},
	} {
		c := candles(t, open(t, test.catalog), columnar.Candles, test.symbol)
		minute, err := market.ParseTime(test.minute)
		if err != nil {
			t.Fatal(err)
		}
		n := int((minute - c.Time[0]) / market.Minute)
		price := market.MustParse[market.Price](test.price)
		ok := c.Low[n] <= price && price <= c.High[n]
		if test.kind == "open" {
			ok = c.Open[n] == price
		}
		if !ok || c.Time[n] != minute {
			t.Errorf("%s %s: minute %s from %s, %s to %s misses %s", test.catalog, test.symbol, c.Time[n], c.Open[n], c.Low[n], c.High[n], price)
		}
	}
}

// Binance's BTC mark fell to 101877.69 in the 21:20 bar while last fell to 101516.5; BTC's spot high was 122550 at
// 13:35, ETH's 4393.63 at 01:25.
func TestMarkLowAndHighs(t *testing.T) {
	catalog := open(t, "october-10-2025")
	mark := candles(t, catalog, columnar.Mark, "BTCUSDT")
	lowest := 0
	for n, low := range mark.Low {
		if low < mark.Low[lowest] {
			lowest = n
		}
	}
	if mark.Low[lowest].String() != "101877.69" || mark.Time[lowest].String() != "2025-10-10T21:20:00Z" {
		t.Errorf("mark low %s at %s", mark.Low[lowest], mark.Time[lowest])
	}
	for symbol, want := range map[string]string{"BTCUSDT": "122550", "ETHUSDT": "4393.63"} {
		c := candles(t, catalog, columnar.Candles, symbol)
		highest := market.Price(0)
		for _, h := range c.High {
			highest = max(highest, h)
		}
		if highest.String() != want {
			t.Errorf("%s: high %s, want %s", symbol, highest, want)
		}
	}
}

// Every minute of the window is there, bars are well formed and on the tick, and the mark stays within 1% of what
// was traded in the minute and the one before.
func TestBarsAndMarksAreSane(t *testing.T) {
	ticks := map[string]string{"BTCUSDT": "0.1", "ETHUSDT": "0.01", "SOLUSDT": "0.01", "XRPUSDT": "0.0001", "DOGEUSDT": "0.00001",
		"BNBUSDT": "0.01", "SUIUSDT": "0.0001", "LINKUSDT": "0.001", "AVAXUSDT": "0.001", "HYPEUSDT": "0.001"}
	hours := map[string]int{"august-5-2024": 12, "black-thursday-2020-03-12": 16, "february-3-2025": 12, "may-19-2021": 12}
	for _, name := range data.Names() {
		catalog, want := open(t, name), 36*60
		if h, ok := hours[name]; ok {
			want = h * 60
		}
		for symbol, text := range ticks {
			if !catalog.Has(columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: symbol}) {
				continue // data_test.go counts the instruments of each catalog
			}
			tick := market.MustParse[market.Price](text)
			if name == "black-thursday-2020-03-12" || name == "may-19-2021" {
				tick = market.Scale / 100 // BTC's tick of those years
			}
			last, mark := candles(t, catalog, columnar.Candles, symbol), candles(t, catalog, columnar.Mark, symbol)
			if last.Len() != want || mark.Len() != last.Len() {
				t.Fatalf("%s %s: %d bars and %d marks; expected %d", name, symbol, last.Len(), mark.Len(), want)
			}
			for n := range last.Time {
				for _, p := range []market.Price{last.Open[n], last.High[n], last.Low[n], last.Close[n]} {
					if p%tick != 0 || p < last.Low[n] || p > last.High[n] {
						t.Fatalf("%s %s %s: price %s", name, symbol, last.Time[n], p)
					}
				}
				low, high := last.Low[n], last.High[n]
				if n > 0 {
					low, high = min(low, last.Low[n-1]), max(high, last.High[n-1])
				}
				if mark.Low[n] < low-low/100 || mark.High[n] > high+high/100 || mark.Time[n] != last.Time[n] {
					t.Errorf("%s %s %s: mark %s to %s, last %s to %s", name, symbol, last.Time[n], mark.Low[n], mark.High[n], low, high)
				}
			}
		}
	}
}

// Open interest falls by the published shares, settlements are eight hours apart, and near the low the bid side keeps a
// fiftieth of what rests in an ordinary minute.
func TestOtherSeriesFollowThePublishedFigures(t *testing.T) {
	c := open(t, "october-10-2025")
	o, err := c.OpenInterest("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	// 93417.986 BTC and 18.6% less: 76042.240604.
	if first, last := o.Size[0].String(), o.Size[o.Len()-1].String(); first != "93417.986" || last != "76042.241" {
		t.Errorf("open interest from %s to %s", first, last)
	}
	f, err := c.Funding("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	if f.Len() != 5 || f.Time[0].String() != "2025-10-10T00:00:00Z" || f.Rate[0].String() != "0.000073" || f.IntervalHours[0] != 8 {
		t.Errorf("funding %+v", f)
	}
	d, err := c.Depth("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	low, err := market.ParseTime("2025-10-10 21:20")
	if err != nil {
		t.Fatal(err)
	}
	for n := range d.Time {
		if d.Percentage[n] != -1 {
			continue
		}
		// 20 million at 100%, 0.4 million at 2%, each give or take five percent.
		if d.Time[n] == d.Time[0] && (d.Notional[n] < 19e6 || d.Notional[n] > 21e6) ||
			d.Time[n] == low && (d.Notional[n] < 0.38e6 || d.Notional[n] > 0.42e6) {
			t.Errorf("depth at %s is %v", d.Time[n], d.Notional[n])
		}
	}
}

// Rows of open interest are those of the archive, by label, typed from there and not from points.yaml.
func TestOpenInterestIsTheArchived(t *testing.T) {
	for _, test := range []struct{ catalog, symbol, row, size string }{
		{"may-19-2021", "BTCUSDT", "2021-05-19 07:00", "44838.399"},
		{"may-19-2021", "BTCUSDT", "2021-05-19 13:10", "35993.328"},
		{"may-19-2021", "BTCUSDT", "2021-05-19 18:55", "25079.051"},
		{"august-5-2024", "BTCUSDT", "2024-08-05 00:00", "88072.441"},
		{"august-5-2024", "BTCUSDT", "2024-08-05 01:10", "82117.002"},
		{"august-5-2024", "BTCUSDT", "2024-08-05 11:55", "76130.755"},
		{"february-3-2025", "BTCUSDT", "2025-02-03 02:05", "79384.145"},
		{"february-3-2025", "ETHUSDT", "2025-02-03 06:50", "1549706.4"},
		{"february-3-2025", "ETHUSDT", "2025-02-03 08:00", "1530975.3"},
	} {
		o, err := open(t, test.catalog).OpenInterest(test.symbol)
		if err != nil {
			t.Fatal(err)
		}
		row, err := market.ParseTime(test.row)
		if err != nil {
			t.Fatal(err)
		}
		n := int((row - o.Time[0]) / (5 * market.Minute))
		if o.Time[n] != row || o.Size[n].String() != test.size {
			t.Errorf("%s %s: %s at %s, want %s", test.catalog, test.symbol, o.Size[n], o.Time[n], test.size)
		}
	}
}
