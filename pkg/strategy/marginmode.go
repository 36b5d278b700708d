package strategy

// MarginMode tells whether a position has collateral of its own or shares the account's.
type MarginMode uint8

// The two margin modes.
const (
	Isolated MarginMode = iota
	Cross
)

// String prints "isolated" or "cross".
func (m MarginMode) String() string {
	if m == Cross {
		return "cross"
	}
	return "isolated"
}

// ParseMarginMode reads what String prints; ok is false for anything else.
func ParseMarginMode(s string) (m MarginMode, ok bool) {
	switch s {
	case "isolated":
		return Isolated, true
	case "cross":
		return Cross, true
	}
	return 0, false
}
