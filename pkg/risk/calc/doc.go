// Package calc works out one account by hand, exactly: margins, liquidation and bankruptcy prices, funding rates, and
// what auto-deleveraging does, by the policies of a rulebook (docs/MODEL.md sections 1 and 5, docs/CALC.md).
//
// Beside the venues' rules it has the policies and figures of the literature on ADL that none of them uses (Study).
//
// All arithmetic is on rational numbers, so that nothing is rounded before it is printed. The engine rounds to units of
// 1e-8 in the exchange's favor; what is computed here is the number that it rounds.
//
// Every formula is written in the coordinate x in which a position's value is linear: x is the price of a linear contract,
// and one over the price of an inverse one. A long inverse position is then a short one in x, and no formula exists twice.
package calc
