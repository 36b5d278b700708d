// Package archive reads what venues publish, CSV files plain or inside .zip, into columns: klines of three price
// kinds, funding rates, open-interest metrics and book depth. It imports them into a catalog, and checks them.
//
// What a file holds is read from its path, its name and its header, and the three have to agree. Nothing is guessed
// silently: a cell that is not what the layout says is an Error naming file, line, column, value, expectation and
// remedy. Prices are parsed as decimals and survive exactly.
//
// docs/DATA.md lists the layouts and the choices made.
package archive
