package main

import "fmt"

// usageError is a mistake in what was asked for; the command ends with exit code 2. Every other error ends it with 1.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns the mistake.
func (e *usageError) Unwrap() error { return e.err }

// ExitCode is that of a wrong request.
func (e *usageError) ExitCode() int { return 2 }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
