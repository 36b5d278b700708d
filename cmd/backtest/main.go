// Command backtest replays perpetual-futures history through a whole exchange and reports what a trading rule, and the
// exchange, would have gone through.
//
// Results go to stdout, progress and errors to stderr. The exit code is 0 when the work is done, 1 when it failed and 2
// when the request was wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
