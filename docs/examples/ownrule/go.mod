module example.org/ownrule

go 1.26

require github.com/liquidation-lab/backtest v0.0.0

replace github.com/liquidation-lab/backtest => ../../..
