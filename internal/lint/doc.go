// Package lint keeps the style of this module as tests: which package imports which, how long a file and a function may
// be, which words are not used, and that what is exported says what it is.
//
// The tests parse the sources themselves. A test that asked the go command instead would stay green from the test cache
// after a forbidden import, because the cache follows files that a test opens, not what a child process reads.
package lint
