package replay

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkModes replays two falling instruments with crowds of two sizes, where orders move prices. The baseline is history on the same
// crowd; both other modes replay it too, before their own pass. Crossings are accounts liquidated, moves the ticks of displacements.
func BenchmarkModes(b *testing.B) {
	c := crash(b)
	book := rulebook(b)
	for _, accounts := range []int{3_000, 30_000} {
		for _, mode := range []string{"history", "counterfactual", "feedback"} {
			b.Run(fmt.Sprintf("%d accounts, %s", accounts, mode), func(b *testing.B) {
				s := parseScenario(b, smallCrowd+"execution: {depth: 20000000}\n")
				if err := s.Set(fmt.Sprintf("crowd.accounts=%d", accounts), "prices.mode="+mode); err != nil {
					b.Fatal(err)
				}
				var r *Result
				rec := newCounter()
				for b.Loop() {
					var err error
					rec = newCounter()
					if r, err = Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: book, Workers: 2, Recorder: rec}); err != nil {
						b.Fatal(err)
					}
				}
				fallen := rec.groups[CrowdGroup][OutcomeLiquidated] + rec.groups[CrowdGroup][OutcomeStopped]
				b.ReportMetric(float64(fallen), "crossings")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(fallen, 1)), "ns/crossing")
				if r.Impact != nil {
					b.ReportMetric(float64(r.Impact.Moves), "moves")
				}
			})
		}
	}
}
