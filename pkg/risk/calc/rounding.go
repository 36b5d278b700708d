package calc

// Rounding is the direction in which a venue rounds a price to its tick.
type Rounding string

// The directions. Of the rulebook's policy price_rounding, none stands for AgainstHolder here: the earlier price is the
// cautious one where a venue names no direction (docs/CALC.md).
const (
	RoundingOfRulebook Rounding = ""
	Nearest            Rounding = "nearest"
	AgainstHolder      Rounding = "against_holder" // a long's price up, a short's down
	InFavorOfHolder    Rounding = "in_favor_of_holder"
	Up                 Rounding = "up"
	Down               Rounding = "down"
	// ContractValueAgainstHolder rounds the value of one contract to 1e-8 of the settlement currency first (one satoshi), against
	// the holder, and then the price: BitMEX XBTUSD, inferred from live positions.
	ContractValueAgainstHolder Rounding = "contract_value_against_holder"
)

var roundings = []string{string(Nearest), string(AgainstHolder), string(InFavorOfHolder), string(Up), string(Down), string(ContractValueAgainstHolder)}

// satoshi is the unit in which inverse contracts settle.
var satoshi = Must("1e-8")

// RoundPrice rounds a liquidation or bankruptcy price of a long (side +1) or short (-1) to a tick.
func RoundPrice(price, tick Number, how Rounding, side int) Number {
	if !price.Given() || tick.Sign() <= 0 {
		return price
	}
	up := side > 0
	switch how {
	case Nearest:
		return price.Add(tick.Div(Int(2))).Floor(tick)
	case InFavorOfHolder:
		up = !up
	case Up:
		up = true
	case Down:
		up = false
	}
	if up {
		return price.Ceil(tick)
	}
	return price.Floor(tick)
}

// rounded rounds a price of a leg to tick, by the position's own direction or the rulebook's, for a holder on a side.
func (l *leg) rounded(price, tick Number, book Rounding, side int) Number {
	how := l.in.Rounding
	if how == RoundingOfRulebook {
		how = book
	}
	if how == ContractValueAgainstHolder && l.rules.inverse && price.Sign() > 0 {
		// An inverse contract loses value as its price rises: against a short means up to the satoshi, against a long down.
		value := l.rules.face.Div(price)
		if side < 0 {
			value = value.Ceil(satoshi)
		} else if down := value.Floor(satoshi); down.Sign() > 0 {
			value = down
		}
		price = l.rules.face.Div(value)
	}
	return RoundPrice(price, tick, how, side)
}
