package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

const twelveHeader = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"

// minute is a 12-column row of one minute: 2 traded at 100.5 on average.
const minute = "1760131200000,100.00,101.50,99.5,101,2,1760131259999,201,7,1.5,150.75,0\n"

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(t *testing.T, member, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.Create(member)
	if err == nil {
		_, err = m.Write([]byte(text))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// importDir imports dir and opens the catalog.
func importDir(t *testing.T, dir string, o ImportOptions) (*columnar.Catalog, *ImportReport) {
	t.Helper()
	o.Sources, o.Out = []string{dir}, filepath.Join(t.TempDir(), "catalog")
	report, err := Import(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := columnar.OpenDir(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	return c, report
}

func bars(t *testing.T, c *columnar.Catalog, path string) *market.Candles {
	t.Helper()
	for _, info := range c.Series() {
		if info.Path == path {
			s, err := readSeries(c, info)
			if err != nil {
				t.Fatal(err)
			}
			return s.candles
		}
	}
	t.Fatalf("the catalog has no %s, it has %v", path, c.Series())
	return nil
}

func TestKlineLayouts(t *testing.T) {
	micro := strings.NewReplacer("1760131200000", "1760131200000000", "1760131259999", "1760131259999999")
	for name, file := range map[string]struct{ path, text, series string }{
		"12 columns":           {"um/klines/BTCUSDT-1m-2025-10-10.csv", twelveHeader + minute, "candles/1m/BTCUSDT.parquet"},
		"without header":       {"um/klines/BTCUSDT-1m-2025-10-10.csv", minute, "candles/1m/BTCUSDT.parquet"},
		"zip without header":   {"BTCUSDT-1m-2025-10-10.zip", zipped(t, "BTCUSDT-1m-2025-10-10.csv", minute), "candles/1m/BTCUSDT.parquet"},
		"spot in microseconds": {"spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.csv", micro.Replace(minute), "index/1m/BTCUSDT.parquet"},
		"9 columns": {"binance-um/klines/1m/BTCUSDT-1m-2025-10-10.csv",
			"open_time,open,high,low,close,volume,quote_volume,count,taker_buy_volume\n1760131200000,100.00,101.50,99.5,101,2,201,7,1.5\n", "candles/1m/BTCUSDT.parquet"},
		"spot with notional": {"coinbase-spot/klines/1m/PEPE-USD-1m-2025-10-10.csv",
			"open_time,open,high,low,close,volume,notional_px_x_amount,count,taker_buy_volume\n1760131200000,1.0e2,101.50,99.5,101,2,201,7,1.5\n", "index/1m/PEPE-USD.parquet"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := importDir(t, writeFiles(t, map[string]string{file.path: file.text}), ImportOptions{})
			k := bars(t, c, file.series)
			got := []string{k.Time[0].String(), k.Open[0].String(), k.High[0].String(), k.Low[0].String(), k.Close[0].String(),
				ftoa(k.Volume[0]), ftoa(k.QuoteVolume[0]), itoa(k.Trades[0]), ftoa(k.TakerBuyVolume[0])}
			if want := "2025-10-10T21:20:00Z 100 101.5 99.5 101 2 201 7 1.5"; strings.Join(got, " ") != want {
				t.Errorf("got %v, expected %s", got, want)
			}
		})
	}
}

// 5 contracts of 10 USD at 2.5 on average are 50 USD and 20 coins; 2 of them bought by takers are 8 coins.
func TestCoinMarginedVolumeBecomesBase(t *testing.T) {
	for name, text := range map[string]string{
		"notional":   "open_time,open,high,low,close,volume,notional_px_x_amount,count,taker_buy_volume\n1760131200000,2.4,2.6,2.4,2.6,5.0,12.5,3,2.0\n",
		"12 columns": twelveHeader + "1760131200000,2.4,2.6,2.4,2.6,5,1760131259999,20,3,2,8,0\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeFiles(t, map[string]string{"binance-cm/klines/1m/UNIUSD_PERP-1m-2025-10-10.csv": text})
			c, _ := importDir(t, dir, ImportOptions{})
			k := bars(t, c, "candles/1m/UNIUSD_PERP.parquet")
			if k.Volume[0] != 20 || k.QuoteVolume[0] != 50 || k.TakerBuyVolume[0] != 8 {
				t.Errorf("volume %v, quote %v, taker %v: expected 20, 50, 8", k.Volume[0], k.QuoteVolume[0], k.TakerBuyVolume[0])
			}
			if c.Metadata()["contract_size_usd.UNIUSD_PERP"] != "10" || c.Metadata()["coin_margined_volume"] == "" {
				t.Errorf("metadata %v does not say how volume was converted", c.Metadata())
			}
			_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "x"), RefuseCoinMargin: true})
			if request := (*RequestError)(nil); !errors.As(err, &request) || !strings.Contains(err.Error(), "contracts of 10 USD") {
				t.Errorf("refusing gave %v", err)
			}
		})
	}
	dir := writeFiles(t, map[string]string{"binance-cm/klines/1m/UNIUSD_PERP-1m-2025-10-10.csv": twelveHeader + "1760131200000,2.4,2.6,2.4,2.6,5,1760131259999,20,3,2,8,0\n"})
	_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "x"),
		Selection: Selection{ContractSizes: map[string]float64{"UNIUSD_PERP": 100}}})
	if err == nil || !strings.Contains(err.Error(), "imply a price of 25") {
		t.Errorf("a wrong contract size gave %v", err)
	}
}

func TestFundingMetricsDepthAndMark(t *testing.T) {
	c, _ := importDir(t, writeFiles(t, map[string]string{
		"fundingRate/WIFUSDT-fundingRate.csv":       "calc_time,funding_interval_hours,last_funding_rate\n1758326400000,4,-0.00000027\n1758340800000,4,0.00005000\n",
		"metrics/BTCUSDT-metrics-5m-2025-10-10.csv": "time_utc,sum_open_interest,sum_open_interest_value,ratio1,ratio2,ratio3,ratio4\n2025-10-10 19:00,93417.986,1.095325e+10,1,2,3,4\n",
		"ETHUSDT-metrics-2025-10-10.csv": "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio\n" +
			"2025-10-10 19:00:00,ETHUSDT,2068413,8864963200.123456789012,1,2,3,4\n",
		"bookDepth/BTCUSDT-bookDepth-2025-10-10.csv":       "timestamp,percentage,depth,notional,weighted_avg_price\n2025-10-10 19:00:06,-0.20,17.654,2142547.0931,1\n2025-10-10 19:00:06,1.00,3,4,5\n",
		"markPriceKlines/5m/BTCUSDT-5m-2025-10-10.csv":     twelveHeader + "1760131200000,121582.79100450,121697.39454348,121582.79100450,121650.06081884,0,1760131499999,0,300,0,0,0\n",
		"um/indexPriceKlines/1m/BTCUSDT-1m-2025-10-10.csv": twelveHeader + "1760131200000,2,2,2,2,0,1760131259999,0,60,0,0,0\n",
		"spot/ignored.txt": "not data",
	}), ImportOptions{})
	f, err := c.Funding("WIFUSDT")
	if err != nil || f.Len() != 2 || f.Rate[0].String() != "-0.00000027" || f.IntervalHours[1] != 4 {
		t.Errorf("funding %+v, %v", f, err)
	}
	o, err := c.OpenInterest("BTCUSDT")
	if err != nil || o.Size[0].String() != "93417.986" || o.Value[0].String() != "10953250000" || o.Time[0].String() != "2025-10-10T19:00:00Z" {
		t.Errorf("open interest %+v, %v", o, err)
	}
	if o, err = c.OpenInterest("ETHUSDT"); err != nil || math.Abs(market.Float(o.Value[0])-8864963200.123456) > 1e-5 {
		t.Errorf("open interest in the archive's layout %+v, %v", o, err)
	}
	d, err := c.Depth("BTCUSDT")
	if err != nil || d.Len() != 2 || d.Percentage[0] != -0.2 || d.Size[0] != 17.654 || d.Notional[1] != 4 {
		t.Errorf("depth %+v, %v", d, err)
	}
	k := bars(t, c, "mark/5m/BTCUSDT.parquet")
	if k.High[0].String() != "121697.39454348" || k.Trades != nil {
		t.Errorf("mark %+v", k)
	}
	if k = bars(t, c, "index/1m/BTCUSDT.parquet"); k.Close[0].String() != "2" {
		t.Errorf("index %+v", k)
	}
}

func TestBadInputNamesPlaceAndRemedyAndLeavesNothing(t *testing.T) {
	row := func(old, new string) string { return twelveHeader + strings.Replace(minute, old, new, 1) }
	for name, c := range map[string]struct{ path, text, want string }{
		"NaN":              {"BTCUSDT-1m.csv", row("101.50", "NaN"), `line 2, column high: "NaN": expected a number with at most 8 decimals`},
		"nine decimals":    {"BTCUSDT-1m.csv", row("99.5", "99.123456789"), "line 2, column low"},
		"negative volume":  {"BTCUSDT-1m.csv", row(",2,", ",-2,"), `line 2, column volume: "-2": expected a number of at least 0`},
		"infinite volume":  {"BTCUSDT-1m.csv", row(",2,", ",Inf,"), "expected a finite number"},
		"high below low":   {"BTCUSDT-1m.csv", row("101.50", "99"), `column high: "99": expected at least the low, 99.5`},
		"open outside":     {"BTCUSDT-1m.csv", row("100.00", "102"), "column open"},
		"zero price":       {"BTCUSDT-1m.csv", row("99.5", "0"), "expected a price above 0"},
		"seconds":          {"BTCUSDT-1m.csv", row("1760131200000", "1760131200"), "expected milliseconds (13 digits) or microseconds (16 digits)"},
		"close time":       {"BTCUSDT-5m.csv", row("", ""), "column close_time"},
		"not on a minute":  {"BTCUSDT-1m.csv", row("1760131200000", "1760131200001"), "expected a multiple of 1m"},
		"truncated":        {"BTCUSDT-1m.csv", twelveHeader + minute[:40], "line 2: \"1760131200000,100.00,101.50,99.5,101,2,1\": expected 12 cells, found 7"},
		"reversed":         {"BTCUSDT-1m.csv", twelveHeader + minute + strings.NewReplacer("1760131200000", "1760131140000", "1760131259999", "1760131199999").Replace(minute), "line 3, column open_time"},
		"contradiction":    {"BTCUSDT-1m.csv", twelveHeader + minute + strings.Replace(minute, "101,2", "100,2", 1), "line 3, column close: \"100\": expected the value of line 2"},
		"unknown column":   {"BTCUSDT-1m.csv", "open_time,open,high,low,close,volume,wap\n", `"wap": expected a column of klines`},
		"missing column":   {"BTCUSDT-1m.csv", "open_time,open,high,low,close\n", "expected a volume column for klines"},
		"6 without header": {"BTCUSDT-1m.csv", "1760131200000,1,1,1,1,1\n", "expected a header, or the 12 columns"},
		"empty":            {"BTCUSDT-1m.csv", "", "the file is empty"},
		"only a header":    {"BTCUSDT-1m.csv", twelveHeader, "expected at least one row"},
		"no interval":      {"um/klines/BTCUSDT.csv", twelveHeader + minute, "expected a name such as"},
		"wrong folder":     {"fundingRate/BTCUSDT-fundingRate.csv", twelveHeader + minute, "expected funding rates as its path says"},
		"trades":           {"um/aggTrades/BTCUSDT-aggTrades-2025-10-10.csv", "1,2,3\n", "this is aggregate trades"},
		"unknown market":   {"FOOBAR-1m.csv", twelveHeader + minute, "pass --market"},
		"spot unsaid":      {"BTCUSDT-1m.csv", strings.NewReplacer("1760131200000", "1760131200000000", "1760131259999", "1760131259999999").Replace(minute), "--market spot"},
		"broken zip":       {"BTCUSDT-1m.zip", "PK nonsense", "expected a complete file"},
		"funding interval": {"BTCUSDT-fundingRate.csv", "calc_time,funding_interval_hours,last_funding_rate\n1758326400000,0,0.1\n", "expected 1 to 24 hours"},
		"other symbol":     {"BTCUSDT-metrics.csv", "create_time,symbol,sum_open_interest,sum_open_interest_value\n2025-10-10 19:00,ETHUSDT,1,1\n", "expected BTCUSDT"},
		"depth at 0":       {"BTCUSDT-bookDepth.csv", "timestamp,percentage,depth,notional\n2025-10-10 19:00:06,0,1,1\n", "column percentage"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeFiles(t, map[string]string{c.path: c.text})
			out := filepath.Join(t.TempDir(), "catalog")
			_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: out})
			if err == nil {
				t.Fatalf("imported; expected an error with %q", c.want)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.FromSlash(c.path)) {
				t.Errorf("error %q, expected the file and %q", err, c.want)
			}
			left, _ := os.ReadDir(filepath.Dir(out))
			if len(left) > 0 {
				t.Errorf("left behind %v", left)
			}
			found, err := Check(dir, Selection{})
			if err != nil || len(found) == 0 || found[0].Severity != Fault || found[0].Code == "" {
				t.Errorf("check gave %+v, %v: expected the same as a finding", found, err)
			}
		})
	}
}

func TestFilesOfOneSeriesMerge(t *testing.T) {
	const head = "timestamp,open,high,low,close,volume\n"
	a, b, c := "1760131200000,1,2,1,2,5\n", "1760131260000,2,3,2,3,6\n", "1760131320000,3,4,3,4,7\n"
	dir := writeFiles(t, map[string]string{"um/klines/1m/w1/BTCUSDT-1m.csv": head + b + c, "um/klines/1m/w2/BTCUSDT-1m.csv": head + a + b + b})
	catalog, report := importDir(t, dir, ImportOptions{})
	if k := bars(t, catalog, "candles/1m/BTCUSDT.parquet"); k.Len() != 3 || k.Volume[0] != 5 || k.Volume[2] != 7 {
		t.Errorf("merged to %+v, expected volumes 5 6 7", k)
	}
	if report.Series[0].Dropped != 2 {
		t.Errorf("%d repeated rows, expected 2: one inside a file, one between files", report.Series[0].Dropped)
	}
	dir = writeFiles(t, map[string]string{"um/klines/1m/w1/BTCUSDT-1m.csv": head + a + b, "um/klines/1m/w2/BTCUSDT-1m.csv": head + strings.Replace(b, ",6", ",8", 1) + c})
	_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "x")})
	if err == nil || !strings.Contains(err.Error(), filepath.Join("w1", "BTCUSDT-1m.csv")+" line 3") || !strings.Contains(err.Error(), filepath.Join("w2", "BTCUSDT-1m.csv")+": line 2") {
		t.Errorf("conflict gave %v, expected both files and lines", err)
	}
}

func TestMarketsAreNeverMerged(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"spot/klines/BTCUSDT-1m-2025-10-10.csv":         twelveHeader + minute,
		"um/indexPriceKlines/BTCUSDT-1m-2025-10-10.csv": twelveHeader + minute,
		"um/klines/BTCUSDT-1m-2025-10-10.csv":           twelveHeader + minute,
	})
	_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "x")})
	if err == nil || !strings.Contains(err.Error(), "two markets are never merged") {
		t.Errorf("got %v", err)
	}
}

func TestChecksumBesideZip(t *testing.T) {
	dir := writeFiles(t, map[string]string{"BTCUSDT-1m.zip": zipped(t, "BTCUSDT-1m.csv", minute), "BTCUSDT-1m.zip.CHECKSUM": strings.Repeat("0", 64) + "  BTCUSDT-1m.zip\n"})
	_, err := Import(context.Background(), ImportOptions{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "x")})
	if err == nil || !strings.Contains(err.Error(), ".CHECKSUM") {
		t.Errorf("got %v", err)
	}
}

func TestLabels(t *testing.T) {
	for path, want := range map[string]label{
		"data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip": {USDMargined, columnar.Candles, market.Minute, "BTCUSDT", ""},
		"x/1INCHUSDT-1h-2025-10.csv":                                        {"", "", market.Hour, "1INCHUSDT", ""},
		"coinbase-spot/klines/1m/AAVE-USD-1m-2025-10-10.csv":                {Spot, columnar.Candles, market.Minute, "AAVE-USD", ""},
		"BTCUSD_PERP-1s-2025-10-10.csv":                                     {CoinMargined, "", market.Second, "BTCUSD_PERP", ""},
		"a/BTCUSDT-fundingRate-2025-10.csv":                                 {"", columnar.Funding, 0, "BTCUSDT", ""},
	} {
		if got := readLabel(path); got != want {
			t.Errorf("%s reads as %+v, expected %+v", path, got, want)
		}
	}
}
