package columnar

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var (
	fundingColumns      = []wanted{{name: "time", typ: Time}, {name: "rate", typ: Float64}, {name: "interval_hours", typ: Int64}}
	openInterestColumns = []wanted{{name: "time", typ: Time}, {name: "open_interest", typ: Float64}, {name: "open_interest_value", typ: Float64}}
	depthColumns        = []wanted{{name: "time", typ: Time}, {name: "percentage", typ: Float64}, {name: "depth", typ: Float64}, {name: "notional", typ: Float64}}
)

// batchOf is one batch of a small series as it lies on disk.
type batchOf struct {
	times  []int64
	ints   []int64      // interval_hours
	floats [3][]float64 // the float columns in order
}

// readSeries calls each for every batch and returns the number of rows. A finding that each returns is placed at its row.
func readSeries(name string, from columns, want []wanted, each func(*batchOf) (row int, column string, err error)) (rows int64, err error) {
	var b batchOf
	for {
		n, err := from.next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += int64(n)
		floats := 0
		for i, w := range want {
			switch w.typ {
			case Time:
				b.times = resize(b.times, n)
				err = from.int64s(i, b.times)
			case Int64:
				b.ints = resize(b.ints, n)
				err = from.int64s(i, b.ints)
			default:
				b.floats[floats] = resize(b.floats[floats], n)
				err = from.float64s(i, b.floats[floats])
				floats++
			}
			if err != nil {
				return rows, err
			}
		}
		if row, column, err := each(&b); err != nil {
			return rows, &Error{File: name, RowGroup: from.group(), Row: from.firstRow() + int64(row), Column: column, Err: err}
		}
	}
}

// appendTimes appends the batch's times, which must ascend without repetition.
func appendTimes(dst []market.Time, src []int64) ([]market.Time, int, error) {
	last := market.Time(math.MinInt64)
	if len(dst) > 0 {
		last = dst[len(dst)-1]
	}
	for i, v := range src {
		t := market.Time(v)
		if t <= last {
			return dst, i, fmt.Errorf("%v does not come after %v: expected ascending times without repetition; sort and deduplicate the rows", t, last)
		}
		dst, last = append(dst, t), t
	}
	return dst, -1, nil
}

// appendFixed appends floats as fixed-point values of at most eight decimals, not below least.
func appendFixed[T market.Fixed](dst []T, src []float64, least T) ([]T, int, error) {
	for i, x := range src {
		v, err := market.FromFloat[T](x)
		if err == nil && v < least {
			err = fmt.Errorf("%v is below %s", x, market.Format(least))
		}
		if err != nil {
			return dst, i, fmt.Errorf("%w: expected a number of at most 8 decimals; correct or drop the row", err)
		}
		dst = append(dst, v)
	}
	return dst, -1, nil
}

func readFunding(name string, from columns) (*market.Funding, int64, error) {
	f := &market.Funding{}
	rows, err := readSeries(name, from, fundingColumns, func(b *batchOf) (i int, column string, err error) {
		if f.Time, i, err = appendTimes(f.Time, b.times); err != nil {
			return i, "time", err
		}
		if f.Rate, i, err = appendFixed(f.Rate, b.floats[0], math.MinInt64); err != nil {
			return i, "rate", err
		}
		for i, hours := range b.ints {
			if hours < 1 || hours > 24*365 {
				return i, "interval_hours", fmt.Errorf("%d: expected hours from 1 to 8760; correct or drop the row", hours)
			}
			f.IntervalHours = append(f.IntervalHours, int32(hours))
		}
		return -1, "", nil
	})
	return f, rows, err
}

func readOpenInterest(name string, from columns) (*market.OpenInterest, int64, error) {
	o := &market.OpenInterest{}
	rows, err := readSeries(name, from, openInterestColumns, func(b *batchOf) (i int, column string, err error) {
		if o.Time, i, err = appendTimes(o.Time, b.times); err != nil {
			return i, "time", err
		}
		if o.Size, i, err = appendFixed(o.Size, b.floats[0], 0); err != nil {
			return i, "open_interest", err
		}
		if o.Value, i, err = appendFixed(o.Value, b.floats[1], 0); err != nil {
			return i, "open_interest_value", err
		}
		return -1, "", nil
	})
	return o, rows, err
}

func readDepth(name string, from columns) (*market.Depth, int64, error) {
	d := &market.Depth{}
	rows, err := readSeries(name, from, depthColumns, func(b *batchOf) (int, string, error) {
		for i, t := range b.times {
			time, percentage := market.Time(t), b.floats[0][i]
			if err := checkLevel(d, time, percentage, b.floats[1][i], b.floats[2][i]); err != nil {
				return i, "", err
			}
			d.Time, d.Percentage = append(d.Time, time), append(d.Percentage, percentage)
			d.Size, d.Notional = append(d.Size, b.floats[1][i]), append(d.Notional, b.floats[2][i])
		}
		return -1, "", nil
	})
	return d, rows, err
}

// checkLevel says whether a level may follow those of d.
func checkLevel(d *market.Depth, time market.Time, percentage, size, notional float64) error {
	if !(math.Abs(percentage) <= 100) {
		return fmt.Errorf("percentage %v: expected -100 to 100; correct or drop the row", percentage)
	}
	if notAmount([]float64{size, notional}) >= 0 {
		return fmt.Errorf("depth %v, notional %v: expected finite amounts of at least 0; correct or drop the row", size, notional)
	}
	if n := d.Len(); n > 0 && (time < d.Time[n-1] || time == d.Time[n-1] && percentage <= d.Percentage[n-1]) {
		return fmt.Errorf("%v at %v%% does not come after %v at %v%%: expected ascending times and, within a time, percentages; sort and deduplicate the rows",
			time, percentage, d.Time[n-1], d.Percentage[n-1])
	}
	return nil
}

var errLengths = errors.New("columns differ in length: expected one value a row in each")
