package strategy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// IsJSON reports whether a trade list begins as JSON does, which CSV cannot.
func IsJSON(data []byte) bool {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}

// readJSON visits the trades of a freqtrade export: a list of trades, or a backtest result with the list "trades" of one
// strategy somewhere in it.
func readJSON(data []byte, visit func(tradeRow) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	s := jsonTrades{decoder: d, data: data, visit: visit}
	if err := s.value("", true); err != nil {
		if wrong := (lineError{}); errors.As(err, &wrong) {
			return err
		}
		return lineError{s.line(), fmt.Errorf("JSON: %w", err)}
	}
	if s.lists == 0 {
		return lineError{1, errors.New(`JSON without a list of trades: expected a list, or an object that holds one under "trades"`)}
	}
	return nil
}

type jsonTrades struct {
	decoder *json.Decoder
	data    []byte
	visit   func(tradeRow) error
	lists   int
}

// line is the one that the decoder has come to.
func (s *jsonTrades) line() int {
	at := min(int(s.decoder.InputOffset()), len(s.data))
	for at < len(s.data) && strings.IndexByte(" \t\r\n,", s.data[at]) >= 0 {
		at++
	}
	return 1 + bytes.Count(s.data[:at], []byte("\n"))
}

// value walks one value; top says that it is the whole document.
func (s *jsonTrades) value(key string, top bool) error {
	token, err := s.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		if top || key == "trades" {
			return s.trades()
		}
		for s.decoder.More() {
			if err := s.value("", false); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		for s.decoder.More() {
			name, err := s.decoder.Token()
			if err != nil {
				return err
			}
			if err := s.value(name.(string), false); err != nil { // a key is a string, or Token fails
				return err
			}
		}
	default:
		return nil
	}
	_, err = s.decoder.Token()
	return err
}

func (s *jsonTrades) trades() error {
	if s.lists++; s.lists > 1 {
		return lineError{s.line(), errors.New("a second list of trades: expected the export of one strategy")}
	}
	for s.decoder.More() {
		row := tradeRow{cells: map[string]string{}, line: s.line()}
		var fields map[string]any
		if err := s.decoder.Decode(&fields); err != nil {
			return err
		}
		for name, v := range fields {
			switch v := v.(type) {
			case string:
				row.cells[strings.ToLower(name)] = v
			case json.Number, bool:
				row.cells[strings.ToLower(name)] = fmt.Sprint(v)
			}
		}
		if err := s.visit(row); err != nil {
			return lineError{row.line, err}
		}
	}
	_, err := s.decoder.Token()
	return err
}
