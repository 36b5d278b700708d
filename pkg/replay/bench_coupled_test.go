package replay

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkCoupled replays n venues under one clock, each with a crowd of its own, beside one venue with feedback. A coupled run replays
// each venue three times (at the data's prices, alone, together), the baseline twice.
func BenchmarkCoupled(b *testing.B) {
	c := crash(b)
	var venues []string
	for i := range 8 {
		venues = append(venues, fmt.Sprintf("{name: v%d, venue: binance/2025-10, share: 10%%}", i))
	}
	s := parseScenario(b, coupledText("30s", "50%", venues...))
	all, err := s.CoupledVenues()
	if err != nil {
		b.Fatal(err)
	}
	book := rulebook(b)
	baseline := 0.0
	b.Run("one venue with feedback", func(b *testing.B) {
		for b.Loop() {
			if _, err := Run(b.Context(), Options{Scenario: all[0].Scenario, Catalog: c, Rulebook: book, Recorder: newCounter()}); err != nil {
				b.Fatal(err)
			}
		}
		baseline = b.Elapsed().Seconds() / float64(b.N)
	})
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("%d coupled", n), func(b *testing.B) {
			for b.Loop() {
				o := CoupledOptions{Scenario: s, Catalog: c}
				for _, v := range all[:n] {
					o.Venues = append(o.Venues, CoupledVenue{VenueScenario: v, Rulebook: book, Recorder: newCounter()})
				}
				if _, err := RunCoupled(b.Context(), o); err != nil {
					b.Fatal(err)
				}
			}
			each := b.Elapsed() / time.Duration(b.N*n)
			b.ReportMetric(float64(each.Milliseconds()), "ms/venue")
			if baseline > 0 {
				b.ReportMetric(each.Seconds()/baseline, "baselines/venue")
			}
		})
	}
}
