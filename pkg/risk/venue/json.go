package venue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object with its keys in the order of the file. Values are *object, []any, json.Number, string, bool or nil.
type object struct {
	keys   []string
	values map[string]any
}

// deepest bounds how far JSON may nest; the layouts that are read need four levels.
const deepest = 16

// readJSON reads one JSON value exactly: numbers keep their digits, and a key that comes twice is an error.
func readJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := readValue(d, "", 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the JSON value, expected the end of the file")
		}
	}
	if err != nil {
		read := text[:min(d.InputOffset(), int64(len(text)))]
		if errors.Is(err, errEarly) {
			read = bytes.TrimSpace(text)
		}
		return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(read, []byte("\n")), err)
	}
	return v, nil
}

var errEarly = errors.New("the file ends early, expected a whole JSON value")

func readValue(d *json.Decoder, path string, depth int) (any, error) {
	token, err := d.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s%w", place(path), errEarly)
	case err != nil:
		return nil, fmt.Errorf("%snot readable as JSON: %w", place(path), err)
	case depth > deepest:
		return nil, fmt.Errorf("%snested more than %d deep", place(path), deepest)
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readValue(d, fmt.Sprintf("%s[%d]", path, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, end(d, path)
	case json.Delim('{'):
		o := &object{values: map[string]any{}}
		for d.More() {
			token, err := d.Token()
			if err != nil {
				return nil, fmt.Errorf("%snot readable as JSON: %w", place(path), err)
			}
			key, _ := token.(string) // the decoder takes nothing else for a key
			if _, twice := o.values[key]; twice {
				return nil, fmt.Errorf("%skey %q comes twice, expected it once", place(path), key)
			}
			v, err := readValue(d, join(path, key), depth+1)
			if err != nil {
				return nil, err
			}
			o.keys, o.values[key] = append(o.keys, key), v
		}
		return o, end(d, path)
	}
	return token, nil
}

// end reads the closing bracket.
func end(d *json.Decoder, path string) error {
	_, err := d.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s%w", place(path), errEarly)
	case err != nil:
		return fmt.Errorf("%snot readable as JSON: %w", place(path), err)
	}
	return nil
}

func place(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// kindOf names a JSON value for messages.
func kindOf(v any) string {
	switch v := v.(type) {
	case *object:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case json.Number:
		return v.String()
	case string:
		return fmt.Sprintf("%.60q", v)
	case bool:
		return fmt.Sprint(v)
	}
	return "null"
}
