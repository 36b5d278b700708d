package scenario

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestEveryKeyIsDocumented looks for each key's path in docs/SCENARIOS.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/SCENARIOS.md")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v reflect.Type)
	walk = func(path string, v reflect.Type) {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || v == reflect.TypeFor[Part]() || v == reflect.TypeFor[LeverageWeight]() || v == reflect.TypeFor[Comparison]() {
			if !strings.Contains(string(text), "`"+path+"`") {
				t.Errorf("%s is not in docs/SCENARIOS.md", path)
			}
			return
		}
		for i := range v.NumField() {
			f := v.Field(i)
			switch {
			case !f.IsExported():
			case v == reflect.TypeFor[Expectation]():
				walk(keyOf(f), f.Type)
			default:
				walk(join(path, keyOf(f)), f.Type)
			}
		}
	}
	walk("", reflect.TypeFor[Scenario]())
}
