// Package report turns what a replay did into what people and programs read: tables of events, steps and accounts,
// a summary with statistics, a page with charts, and text for the terminal.
//
// A Run is a replay.Recorder and the directory that will hold its results; it appears under its name when everything
// is written, or not at all. The same run gives the same bytes: there is no wall clock, and every order is written
// down. Memory does not grow with events or steps; of each account it keeps what statistics need.
//
// docs/FORMATS.md describes the files.
package report
