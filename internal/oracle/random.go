package oracle

// fromRandomAccount turns a list, which is by account, so that it begins at the account drawn for this takeover.
func (x *Exchange) fromRandomAccount(v *inventory, list []*position) []*position {
	start := splitMix64(x.options.Seed, uint64(v.sequence), uint64(v.listing.id)) % uint64(len(x.accounts))
	var from, before []*position
	for _, p := range list {
		if uint64(p.account.id) >= start {
			from = append(from, p)
		} else {
			before = append(before, p)
		}
	}
	return append(from, before...)
}

// splitMix64 is the generator of Steele, Lea and Flood 2014, one draw for each takeover and instrument.
func splitMix64(seed, sequence, instrument uint64) uint64 {
	z := seed + 0x9e3779b97f4a7c15*(sequence*4096+instrument+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// accepts says whether the price is no worse for a counterparty than its own bankruptcy price; only random_start asks.
func (x *Exchange) accepts(v *inventory, p *position, d *deal) bool {
	if x.policies().ADLScore != "random_start" {
		return true
	}
	own, taken := parts(v, p)
	s, mark, rest := p.scope(), p.listing.mark, p.without(own)
	less := x.maintenanceOf(p, mark).Sub(x.maintenanceOf(rest, mark))
	share := shareOf(s.equity(current), less, x.maintenance(s, current))
	bankruptcy := p.value(mark).Sub(rest.value(mark)).Sub(share)
	received := d.paid(v, taken).Neg()
	return !received.LessThan(bankruptcy)
}
