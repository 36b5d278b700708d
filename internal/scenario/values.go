package scenario

import (
	"reflect"
	"strings"
)

// Value is one value of a scenario: its path, as --set takes it, and its text.
type Value struct{ Path, Text string }

// Values lists every value of the scenario that Canonical writes, in its order.
func (s *Scenario) Values() []Value {
	var list []Value
	collect(&list, "", reflect.ValueOf(s).Elem())
	return list
}

func collect(list *[]Value, path string, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if text, ok := inline(v); ok {
		*list = append(*list, Value{path, text})
		return
	}
	below := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && !(strings.HasSuffix(f.Tag.Get("yaml"), ",omitempty") && v.Field(i).IsZero()) {
				collect(list, below(keyOf(f)), v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(list, below(itoa(i)), v.Index(i))
		}
	}
}
