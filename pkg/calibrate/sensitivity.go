package calibrate

import "math"

// Steps and thresholds of the sensitivities.
const (
	step     = 0.1  // of a parameter's range, to each side
	moved    = 0.01 // of a target's scale: less is no effect
	parallel = 0.98 // cosine of two parameters' effects: more is alike
)

// sensitivities moves each parameter to both sides of the best point and looks which targets follow.
func (s *search) sensitivities(f *Fit) error {
	f.Identified, f.Moves = make([]bool, len(s.Targets)), make([]bool, len(s.Parameters))
	effects := make([][]float64, len(s.Parameters))
	base := s.unit(f.After.Parameters)
	for i := range s.Parameters {
		effects[i] = make([]float64, len(s.Targets))
		for _, d := range []float64{-step, step} {
			unit := append([]float64(nil), base...)
			if unit[i] = base[i] + d; unit[i] < 0 || unit[i] > 1 {
				unit[i] = base[i] - d/2 // the bound is near: half a step to the other side
				d = -d / 2
			}
			p, err := s.at(s.text(unit))
			if err != nil {
				return ignoreBudget(err)
			}
			for k, t := range s.Targets {
				change := (p.Values[k] - f.After.Values[k]) / t.Scale()
				if math.IsNaN(change) && math.IsNaN(p.Values[k]) == math.IsNaN(f.After.Values[k]) {
					continue // no such figure at either
				}
				if !(math.Abs(change) < moved) {
					f.Identified[k], f.Moves[i] = true, true
				}
				if !math.IsNaN(change) {
					effects[i][k] += change / d
				}
			}
		}
	}
	for i := range effects {
		for j := range i {
			if f.Moves[i] && f.Moves[j] && math.Abs(cosine(effects[i], effects[j])) > parallel {
				f.Alike = append(f.Alike, [2]int{j, i})
			}
		}
	}
	return nil
}

func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i] * b[i])
		aa += float64(a[i] * a[i])
		bb += float64(b[i] * b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(float64(aa*bb))
}
