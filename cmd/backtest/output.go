package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// printJSON prints an indented value.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// several prints a number with what is counted, whose plural has an s: 1 error, 2 errors.
func several(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// result is what a run of one or several exchanges came to.
type result interface {
	JSON() ([]byte, error)
	Print(io.Writer, report.Text) error
}

// printResult prints a result that stands in dir: as JSON, as tables, or only where it is.
func printResult(w io.Writer, r result, dir string, asJSON, quiet bool) error {
	switch {
	case asJSON:
		text, err := r.JSON()
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	case quiet:
		_, err := fmt.Fprintln(w, dir)
		return err
	}
	return r.Print(w, textOn(w, dir))
}

// terminalWidth returns the width of w if it is a terminal, and 0 otherwise.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// textOn says how a summary is printed to w. Color stays off where NO_COLOR asks for that (https://no-color.org).
func textOn(w io.Writer, dir string) report.Text {
	return report.Text{Width: terminalWidth(w), Color: os.Getenv("NO_COLOR") == "", Dir: dir}
}
