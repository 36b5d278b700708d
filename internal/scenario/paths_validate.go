package scenario

import "github.com/liquidation-lab/backtest/pkg/market"

// validate checks what the file alone decides; what depends on the data is checked when the data is open.
func (p *Paths) validate(s *Scenario, f *findings) {
	if p.Count < 1 || p.Count > MaxPaths {
		f.add("paths.count", "%d; expected 1 to %d: the results of all paths are held until the statistics are made", p.Count, MaxPaths)
	}
	f.word("paths.kind", p.Kind, pathKinds)
	if !(p.Precision > 0 && p.Precision < 1) {
		f.add("paths.precision", "%v; expected the half width of an interval, above 0 and below 1, such as 1%%", p.Precision)
	}
	if s.Prices.Intrabar == "envelope" {
		f.add("prices.intrabar", "envelope replays a window under three orders of the extremes; expected one of them for paths, such as nearest_first")
	}
	if s.Prices.Mode != ModeHistory {
		f.add("prices.mode", "%s moves prices by forced orders; expected %s for paths: their prices contain what forced selling did where they come from", s.Prices.Mode, ModeHistory)
	}
	if !p.Crowd && s.Probes == nil {
		f.add("paths.crowd", "is false and there are no probes; nobody would trade: give probes, or set it true")
	}
	p.validateKinds(f)
}

// validateKinds checks that the section of the kind is there, and what is in every section that is given.
func (p *Paths) validateKinds(f *findings) {
	switch {
	case p.Kind == KindBootstrap && p.Bootstrap == nil:
		p.Bootstrap = &Bootstrap{}
		setDefaults(p.Bootstrap)
	case p.Kind == KindShock && p.Shock == nil:
		f.add("paths.shock", "is absent; say where history has the crash: {at: 2025-10-10T20:50:00Z, length: 40m}")
	case p.Kind == KindJumpDiffusion && p.JumpDiffusion == nil:
		p.JumpDiffusion = &JumpDiffusion{}
		setDefaults(p.JumpDiffusion)
	}
	if p.Bootstrap != nil {
		p.Bootstrap.validate(f)
	}
	if p.Shock != nil {
		p.Shock.validate(p, f)
	}
	if p.JumpDiffusion != nil {
		p.JumpDiffusion.validate(f)
	}
}

func (b *Bootstrap) validate(f *findings) {
	if b.Block <= 0 {
		f.add("paths.bootstrap.block", "%s; expected the length of a block above 0, such as 1h", b.Block)
	}
	f.word("paths.bootstrap.lengths", b.Lengths, blockLengths)
	if h := b.History; h.From != 0 && h.To != 0 && h.From >= h.To {
		f.add("paths.bootstrap.history.to", "%s is not after from, %s", h.To, h.From)
	}
}

func (k *Shock) validate(p *Paths, f *findings) {
	if k.At <= 0 {
		f.add("paths.shock.at", "is absent; expected when the crash begins in history, such as 2025-10-10T20:50:00Z")
	}
	if k.Length <= 0 {
		f.add("paths.shock.length", "%s; expected how long the crash takes, such as 40m", k.Length)
	}
	if (k.Start.From == 0) != (k.Start.To == 0) || k.Start.From > k.Start.To {
		f.add("paths.shock.start", "from %s, to %s; expected both, from not after to: the crash begins uniformly between them", k.Start.From, k.Start.To)
	}
	f.scale("paths.shock.scale", k.Scale)
	f.within("paths.shock.second.share", k.Second.Share, 0, 1)
	f.scale("paths.shock.second.scale", k.Second.Scale)
	if a := k.Second.After; a.Low < 0 || a.Low > a.High {
		f.add("paths.shock.second.after", "low %s, high %s; expected low not above high, such as {low: 30m, high: 3h}", a.Low, a.High)
	}
	if p.Kind == KindShock && p.Count > 1 && !k.random() {
		f.add("paths.shock", "has nothing random in it, so that all %d paths would be the same; set count: 1, or give start, scale or second a range", p.Count)
	}
}

// random reports whether paths can differ.
func (k *Shock) random() bool {
	second := k.Second.Share > 0 && (k.Second.Share < 1 || k.Second.After.Low < k.Second.After.High || k.Second.Scale.Low < k.Second.Scale.High)
	return k.Start.From < k.Start.To || k.Scale.Low < k.Scale.High || second
}

func (f *findings) scale(path string, r Range) {
	if !(r.Low >= 0 && r.Low <= r.High && r.High <= 100) {
		f.add(path, "low %v, high %v; expected 0 <= low <= high <= 100: log-returns are multiplied by it", r.Low, r.High)
	}
}

func (j *JumpDiffusion) validate(f *findings) {
	f.within("paths.jump_diffusion.drift", j.Drift, -1000, 1000)
	f.within("paths.jump_diffusion.volatility", j.Volatility, 0, 1000)
	f.within("paths.jump_diffusion.common_share", j.CommonShare, 0, 1)
	f.within("paths.jump_diffusion.jumps.per_day", j.Jumps.PerDay, 0, 10_000)
	f.within("paths.jump_diffusion.jumps.mean", j.Jumps.Mean, -5, 5)
	f.within("paths.jump_diffusion.jumps.deviation", j.Jumps.Deviation, 0, 5)
	seen := map[string]bool{}
	for i, q := range j.Instruments {
		path := "paths.jump_diffusion.instruments." + itoa(i)
		if !symbolPattern.MatchString(q.Symbol) {
			f.add(path+".symbol", "%q is no symbol; expected such as BTCUSDT", q.Symbol)
		} else if seen[q.Symbol] {
			f.add(path+".symbol", "%s stands twice; keep one", q.Symbol)
		}
		seen[q.Symbol] = true
		f.within(path+".volatility", q.Volatility, 0, 1000)
		f.within(path+".jump", q.Jump, -100, 100)
	}
}

// ShockStart returns between which times the crash begins.
func (k *Shock) ShockStart() (from, to market.Time) {
	if k.Start == (Window{}) {
		return k.At, k.At
	}
	return k.Start.From, k.Start.To
}
