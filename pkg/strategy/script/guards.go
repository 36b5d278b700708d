package script

import (
	"fmt"

	"go.starlark.net/starlark"
)

// guards are the functions that the rewriter's calls name, and stand-ins for built-in ones that could run away.
func guards() starlark.StringDict {
	one := func(name string, f func(*starlark.Thread, starlark.Value) (starlark.Value, error)) *starlark.Builtin {
		return starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if len(args) != 1 || len(kwargs) > 0 {
				return nil, fmt.Errorf("%s: got %d arguments, expected 1", b.Name(), len(args)+len(kwargs))
			}
			return f(t, args[0])
		})
	}
	printed := func(name string) *starlark.Builtin {
		universal := starlark.Universe[name].(*starlark.Builtin)
		return starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if err := showable(args...); err != nil {
				return nil, err
			}
			return starlark.Call(t, universal, args, kwargs)
		})
	}
	all := starlark.StringDict{
		"@made":    one("made", made),
		"@element": one("element", func(t *starlark.Thread, v starlark.Value) (starlark.Value, error) { return v, charge(t, comprehended) }),
		"@entry":   one("entry", func(t *starlark.Thread, v starlark.Value) (starlark.Value, error) { return v, charge(t, entrySize) }),
		"@put":     starlark.NewBuiltin("put", put),
		"@append":  starlark.NewBuiltin("append", appended),
		"@whole":   one("whole", whole),
		"@spread":  one("spread", spread),
		"@small": one("small", func(_ *starlark.Thread, v starlark.Value) (starlark.Value, error) {
			if !isNumber(v) {
				return nil, fmt.Errorf("an assignment such as x[i] += y takes numbers only; write x[i] = x[i] + y")
			}
			return v, nil
		}),
		"range": starlark.NewBuiltin("range", newSpan),
		"getattr": one("getattr", func(*starlark.Thread, starlark.Value) (starlark.Value, error) {
			return nil, fmt.Errorf("getattr is not available in scripts")
		}),
	}
	for op, name := range counted {
		all[name] = starlark.NewBuiltin(op.String(), binary(op))
	}
	for _, name := range []string{"str", "repr", "print", "fail"} {
		all[name] = printed(name)
	}
	for _, name := range []string{"list", "tuple", "set", "dict", "sorted", "reversed", "enumerate"} {
		all[name] = gathering(name, nil)
	}
	all["zip"] = gathering("zip", zipped)
	return all
}

// put is x[i] = v, given as v, x, i: what makes a dictionary longer is counted.
func put(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	v, x, i := args[0], args[1], args[2]
	switch x := x.(type) {
	case *starlark.Dict:
		before := x.Len()
		if err := x.SetKey(i, v); err != nil || x.Len() == before {
			return starlark.None, err
		}
		if _, err := whole(t, x); err != nil {
			return nil, err
		}
		return starlark.None, charge(t, entrySize)
	case starlark.HasSetIndex:
		k, err := starlark.AsInt32(i)
		if err != nil {
			return nil, fmt.Errorf("%s index: %w", x.Type(), err)
		}
		n := x.Len()
		if k < -n || k >= n {
			return nil, fmt.Errorf("%s index %d out of range [%d:%d]", x.Type(), k, -n, n-1)
		}
		if k < 0 {
			k += n
		}
		return starlark.None, x.SetIndex(k, v)
	}
	return nil, fmt.Errorf("%s value does not support item assignment", x.Type())
}

// appended is x.append(v), given as x, v: a list stops growing where it is as long as one may be.
func appended(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	list, isList := args[0].(*starlark.List)
	if !isList || len(args) != 2 || len(kwargs) > 0 {
		x, _ := args[0].(starlark.HasAttrs)
		if x == nil {
			return nil, fmt.Errorf("%s has no .append field or method", args[0].Type())
		}
		f, err := x.Attr("append")
		if err == nil && f == nil {
			err = fmt.Errorf("%s has no .append field or method", args[0].Type())
		}
		if err != nil {
			return nil, err
		}
		return starlark.Call(t, f, args[1:], kwargs)
	}
	if list.Len() >= maxLength {
		return nil, fmt.Errorf("a list of %d elements takes no more", maxLength)
	}
	if err := charge(t, 1); err != nil {
		return nil, err
	}
	return starlark.None, list.Append(args[1])
}

// whole checks the length of something whose elements were counted one by one.
func whole(_ *starlark.Thread, v starlark.Value) (starlark.Value, error) {
	if s, ok := v.(starlark.Sequence); ok && s.Len() > maxLength {
		return nil, fmt.Errorf("%s of %d elements: expected at most %d", v.Type(), s.Len(), maxLength)
	}
	return v, nil
}

// spread counts what a call copies at once: the values of *args and **kwargs, and what update takes over.
func spread(t *starlark.Thread, v starlark.Value) (starlark.Value, error) {
	if _, ok := v.(*stream); ok {
		return nil, fmt.Errorf("after * or ** and in update a %s cannot stand; use a list", v.Type())
	}
	return v, charge(t, size(v))
}

// gathering is a built-in function that takes in all of its arguments within one step: of a series, which is read while it is
// iterated, no more than a list may hold. before looks at the arguments; nil: there is nothing to see.
func gathering(name string, before func(*starlark.Thread, starlark.Tuple) error) *starlark.Builtin {
	universal := starlark.Universe[name].(*starlark.Builtin)
	return starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		for i := range args {
			s, isStream := args[i].(*stream)
			if !isStream {
				continue
			}
			list, err := gathered(t, s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			args[i] = list
		}
		if before != nil {
			if err := before(t, args); err != nil {
				return nil, err
			}
		}
		return starlark.Call(t, universal, args, kwargs)
	})
}

// gathered reads a series.
func gathered(t *starlark.Thread, s *stream) (*starlark.List, error) {
	var values []starlark.Value
	iterator := s.Iterate()
	defer iterator.Done()
	var v starlark.Value
	for iterator.Next(&v) {
		if len(values) == maxLength {
			return nil, fmt.Errorf("more than %d %s at once; walk them with a loop", maxLength, s.kind)
		}
		if err := charge(t, 1); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return starlark.NewList(values), nil
}

// zipped counts rows times columns before zip makes them.
func zipped(t *starlark.Thread, args starlark.Tuple) error {
	rows := 0
	for i, v := range args {
		if n := size(v); i == 0 || n < rows {
			rows = n
		}
	}
	return charge(t, rows*len(args)) // both at most a million
}

// span is range within bounds: what lists are made of must not be longer than a list may be.
type span struct {
	starlark.Sequence
	indexable starlark.Indexable
}

func newSpan(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Call(t, starlark.Universe["range"], args, kwargs)
	if err != nil {
		return nil, err
	}
	s := v.(starlark.Sequence)
	if n := s.Len(); n > maxLength {
		return nil, fmt.Errorf("range of %d: expected at most %d; use while", n, maxLength)
	}
	return &span{s, v.(starlark.Indexable)}, nil
}

// Index implements starlark.Indexable.
func (s *span) Index(i int) starlark.Value { return s.indexable.Index(i) }
