// Package outside tests what a module outside of this one can do: it holds no code.
package outside
