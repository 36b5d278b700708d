// Package sweep carries out many variants of one scenario and keeps a row of figures of each.
//
// A Plan says which: axes of values for keys of the scenario, and a design that draws points from them. A variant is a pure
// function of the plan and its number. Variants are carried out in chunks of neighbors; a chunk's rows are a Parquet file
// that is there complete or not at all and is named by its place and its content, so that a sweep that was killed goes on
// where it was, a chunk that is computed twice changes nothing, and shards of a sweep on other machines can be merged into
// the bytes that one machine would have written.
package sweep
