// Package script makes rules of Starlark files (go.starlark.net, a dialect of Python): each part of a rule is a function
// with a known name, called when it is needed and not on every tick. A script has the powers of a rule in Go: it is given
// the same context and answers with the same decisions.
//
// Scripts are deterministic and see nothing but what they are given: no load, no files, no clock, no randomness but the
// scenario's seed. A module is frozen after it was read, so that calls keep nothing between them but the state that a
// position's management is given.
//
// What a call may cost is bounded by counting: the steps of the interpreter, and the elements of every string, list, tuple,
// dictionary and set that an operation makes (budget.go, guards.go, rewrite.go). Counting gives the same answer on every
// machine. Not bounded are the time that one operation takes over what exists already, such as a comparison of nested lists or
// a hash of nested tuples, and the bytes that an element really occupies.
package script
