package archive

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// codes lists findings as "code place", in order.
func codes(found []Finding) []string {
	var all []string
	for _, f := range found {
		at := ""
		if f.Line > 0 {
			at = ":" + itoa(f.Line)
		}
		all = append(all, f.Code+" "+filepath.Base(f.File)+at)
	}
	return all
}

func TestCheckListsEveryFinding(t *testing.T) {
	const head = "timestamp,open,high,low,close,volume\n"
	dir := writeFiles(t, map[string]string{
		"um/klines/1m/BTCUSDT-1m.csv": head +
			"1760131200000,100,101,99,100,1\n" +
			"1760131260000,100,98,99,100,1\n" + // high < low
			"1760131260000,100,x,99,100,1\n" + // no number
			"1760131260000,100,101,99,100,1\n" +
			"1760131200000,100,101,99,100,1\n" + // reversed
			"1760131320000,120,121,60,100,1\n" + // jump and wick
			"1760131380000,100,101,99,100,1\n" +
			"1760131440000,100,101,99,100,1\n" +
			"1760131620000,100,101,99,100,1\n", // gap of two
		"um/klines/5m/BTCUSDT-5m.csv": head + "1760131200000,100,121,61,100,5\n", // low is 60 in minutes
	})
	found, err := Check(dir, Selection{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ohlc BTCUSDT-1m.csv:3", "number BTCUSDT-1m.csv:4", "reversed BTCUSDT-1m.csv:6", "gap BTCUSDT-1m.csv:10",
		"jump BTCUSDT-1m.csv:7", "wick BTCUSDT-1m.csv:7", "jump BTCUSDT-1m.csv:8", "aggregate BTCUSDT-5m.csv:2"}
	got := codes(found)
	slices.Sort(got)
	expected := slices.Clone(want)
	expected = slices.DeleteFunc(expected, func(s string) bool { return s == "jump BTCUSDT-1m.csv:8" })
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		t.Errorf("found %q\nexpected %q", got, expected)
	}
}

func TestCheckFundingDepthAndVolume(t *testing.T) {
	var depth strings.Builder
	depth.WriteString("timestamp,percentage,depth,notional\n")
	for i := range 25 {
		second := string(rune('0'+i/10)) + string(rune('0'+i%10))
		depth.WriteString("2025-10-10 19:00:" + second + ",-1,17.654,100\n2025-10-10 19:00:" + second + ",1," + itoa(100+i) + ",100\n")
	}
	depth.WriteString("2025-10-10 19:00:25,1,9,9\n")
	var quiet strings.Builder
	quiet.WriteString("timestamp,open,high,low,close,volume\n")
	for i := range 31 {
		quiet.WriteString(itoa(1760131200000+60000*i) + ",1,1,1,1," + map[bool]string{true: "0", false: "1"}[i < 30] + "\n")
	}
	dir := writeFiles(t, map[string]string{
		"BTCUSDT-fundingRate.csv":  "calc_time,funding_interval_hours,last_funding_rate\n1758326400000,8,0.0001\n1758340800000,8,0.0001\n1758355200000,4,0.05\n1758384000000,4,0.0001\n",
		"BTCUSDT-bookDepth.csv":    depth.String(),
		"um/klines/ETHUSDT-1m.csv": quiet.String(),
	})
	found, err := Check(dir, Selection{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"funding_interval BTCUSDT-fundingRate.csv:3", "funding_interval BTCUSDT-fundingRate.csv:4", "funding_rate BTCUSDT-fundingRate.csv:4",
		"gap BTCUSDT-fundingRate.csv:5", "frozen BTCUSDT-bookDepth.csv:2", "snapshot BTCUSDT-bookDepth.csv:52", "zero_volume ETHUSDT-1m.csv:2"}
	got := codes(found)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nexpected %q", got, want)
	}
}

func TestCheckNamesEveryDamagedFileAndReadsTheOthers(t *testing.T) {
	files := map[string]string{}
	for _, symbol := range []string{"AUSDT", "BUSDT", "CUSDT"} {
		files["um/klines/"+symbol+"-1m.csv"] = "timestamp,open,high,low,close,volume\n1760131200000,1,1,1,1,1\n1760131320000,1,1,1,1,1\n"
	}
	out := filepath.Join(t.TempDir(), "catalog")
	if _, err := Import(context.Background(), ImportOptions{Sources: []string{writeFiles(t, files)}, Out: out}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "stray.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if found, err := Check(out, Selection{}); err != nil || !slices.Contains(codes(found), "stranger stray.txt") {
		t.Errorf("found %q, %v: expected the stray file", codes(found), err)
	}
	for _, symbol := range []string{"AUSDT", "BUSDT"} {
		path := filepath.Join(out, filepath.FromSlash(columnar.Key{Kind: columnar.Candles, Interval: 60_000, Symbol: symbol}.Path()))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Check(out, Selection{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"hash AUSDT.parquet", "hash BUSDT.parquet", "gap CUSDT.parquet"}; !slices.Equal(codes(found), want) {
		t.Errorf("found %q, expected %q", codes(found), want)
	}
}
