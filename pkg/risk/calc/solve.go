package calc

// liquidationX returns the x at which a leg's scope becomes liquidatable, the scope's other symbols held at their marks: the
// first change of the trigger that is reached from mark in the losing direction. Equity less maintenance margin is linear
// between the tiers' boundaries, so that walking from boundary to boundary finds the root exactly, with the tier at the
// root itself (Binance FAQ b3c689c1f50a44cabb3a84e663b81d93: if the tier at the price differs, compute with that one). ok is
// false when no positive price liquidates.
//
// For a scope that is liquidatable at mark already, the price is the one at which it became so: the first change in the
// gaining direction.
func (s *scope) liquidationX(of *leg) (x Number, ok bool) {
	w := walk{scope: s, moving: s.moving(of), from: of.mark}
	for _, l := range w.moving {
		w.breaks = append(w.breaks, l.breaks()...)
	}
	losing := w.losing()
	if losing == 0 {
		return Number{}, false
	}
	if w.hit(of.mark) {
		return w.firstChange(-losing)
	}
	if x, ok := w.firstChange(losing); ok {
		return x, true
	}
	return w.firstChange(-losing)
}

// walk goes through prices outward from mark.
type walk struct {
	scope  *scope
	moving []*leg
	breaks []Number
	from   Number
}

func (w *walk) hit(x Number) bool { return w.scope.triggered(w.scope.slack(w.moving, x).at(x)) }

// losing returns the direction of x in which slack falls at mark: that in which the net position loses, unless maintenance
// margin of both legs of a hedge outweighs it. 0 means that price does not matter.
func (w *walk) losing() int {
	net := Number{}
	for _, l := range w.moving {
		net = net.Add(l.n.Times(l.sigma))
	}
	first := -net.Sign()
	if first == 0 {
		first = 1
	}
	for _, d := range []int{first, -first} {
		if w.scope.slack(w.moving, w.beside(w.from, w.next(w.from, d), d)).b.Sign()*d < 0 {
			return d
		}
	}
	return 0
}

// next returns the nearest boundary beyond x in direction d; absent where there is none. 0 ends the prices below.
func (w *walk) next(x Number, d int) Number {
	var best Number
	for _, b := range w.breaks {
		if b.Cmp(x)*d > 0 && (!best.Given() || b.Cmp(best)*d < 0) {
			best = b
		}
	}
	if !best.Given() && d < 0 {
		return Int(0)
	}
	return best
}

// beside returns a point between x and the next boundary.
func (w *walk) beside(x, next Number, d int) Number {
	if !next.Given() {
		return x.Times(2)
	}
	return x.Add(next).Div(Int(2))
}

// firstChange returns the first x, going from mark in direction d, beyond which the trigger is not what it is at mark.
func (w *walk) firstChange(d int) (x Number, ok bool) {
	before := w.hit(w.from)
	for near := w.from; ; {
		far := w.next(near, d)
		f := w.scope.slack(w.moving, w.beside(near, far, d))
		// Just beyond near: the margin may jump at a boundary.
		after := f.at(near)
		if after.Sign() == 0 {
			after = f.b.Times(d)
		}
		if w.scope.triggered(after) != before {
			return near, true
		}
		if f.b.Sign() != 0 {
			root := f.a.Neg().Div(f.b)
			if root.Cmp(near)*d > 0 && root.Sign() > 0 && (!far.Given() || root.Cmp(far)*d < 0) {
				return root, true
			}
		}
		if !far.Given() || far.Sign() == 0 {
			return Number{}, false
		}
		if w.hit(far) != before {
			return far, true
		}
		near = far
	}
}
