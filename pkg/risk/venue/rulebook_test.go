package venue

import "testing"

func TestLoad(t *testing.T) {
	b, err := Load("binance")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(b.Symbols()), b.Unsourced(), b.Hash())
	c, err := b.Contract("BTCUSDT")
	t.Logf("%+v %v", c, err)
	c, err = b.Contract("ZZZUSDT")
	t.Logf("%+v %v", c, err)
}
