package script

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// ErrScript reports a script that cannot be read, fails, or answers what cannot be understood. The message begins with file,
// line and column where there is one.
var ErrScript = errors.New("script")

// Program is a script that was read. It is frozen and may be called from several goroutines.
type Program struct {
	Name    string
	globals starlark.StringDict
	args    *starlark.Dict
	Print   func(string) // receives what the script prints; nil: nobody
}

// options of the dialect: loops are bounded by steps; functions do not call themselves, which bounds the stack.
var options = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}

// Parse reads a script. name is the file's, for errors. args are what a scenario passes as the global args.
func Parse(name string, source []byte, args map[string]string) (*Program, error) {
	if len(source) > maxFile {
		return nil, fmt.Errorf("%w %s: %d bytes: expected at most %d", ErrScript, name, len(source), maxFile)
	}
	f, err := options.Parse(name, source, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScript, err)
	}
	var r rewriter
	if r.stmts(f.Stmts); r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScript, r.err)
	}
	p := &Program{Name: name, args: arguments(args)}
	known := predeclared(p.args)
	compiled, err := starlark.FileProgram(f, known.Has)
	if err != nil {
		if several := (resolve.ErrorList)(nil); errors.As(err, &several) && len(several) > 0 {
			err = several[0]
		}
		return nil, fmt.Errorf("%w: %w", ErrScript, withoutFiles(err))
	}
	t := p.thread(oneDecision)
	p.globals, err = compiled.Init(t, known)
	if err != nil {
		return nil, p.explain("", err)
	}
	p.globals.Freeze()
	return p, nil
}

// withoutFiles tells those who look for files where they are.
func withoutFiles(err error) error {
	if strings.Contains(err.Error(), "undefined: open") {
		return fmt.Errorf("%w: scripts read no files; trades come with {kind: list, file: ...}", err)
	}
	return err
}

// predeclared are the names that a script has beside those of the language.
func predeclared(args *starlark.Dict) starlark.StringDict {
	all := guards()
	for name, f := range vocabulary {
		all[name] = starlark.NewBuiltin(name, f)
	}
	all["struct"] = starlark.NewBuiltin("struct", starlarkstruct.Make)
	all["args"] = args
	return all
}

// thread is where one call runs.
func (p *Program) thread(a allowance) *starlark.Thread {
	t := &starlark.Thread{Name: p.Name, Print: func(_ *starlark.Thread, text string) {
		if p.Print != nil {
			p.Print(text)
		}
	}}
	t.SetMaxExecutionSteps(uint64(maxSteps * a.steps))
	t.SetLocal(budgetKey, &budget{left: maxElements * a.elements})
	return t
}

// Has reports whether the script defines a function.
func (p *Program) Has(function string) bool {
	_, ok := p.globals[function].(*starlark.Function)
	return ok
}

// call calls a function of the script.
func (p *Program) call(function string, a allowance, args ...starlark.Value) (starlark.Value, error) {
	f, ok := p.globals[function].(*starlark.Function)
	if !ok {
		return nil, fmt.Errorf("%w %s: has no function %s; it is what this part of a rule calls: def %s", ErrScript, p.Name, function, signatures[function])
	}
	if want := f.NumParams(); want != len(args) || f.HasVarargs() || f.HasKwargs() {
		return nil, fmt.Errorf("%w: %s: %s takes %d arguments: expected def %s", ErrScript, f.Position(), function, want, signatures[function])
	}
	v, err := starlark.Call(p.thread(a), f, args, nil)
	if err != nil {
		return nil, p.explain(function, err)
	}
	return v, nil
}

// position returns where a function of the script begins.
func (p *Program) position(function string) string {
	if f, ok := p.globals[function].(*starlark.Function); ok {
		return f.Position().String()
	}
	return p.Name
}

// explain begins an error with the innermost place in the file at which it happened.
func (p *Program) explain(function string, err error) error {
	place, where := p.Name, ""
	if failed := (*starlark.EvalError)(nil); errors.As(err, &failed) {
		for i := range failed.CallStack {
			if frame := failed.CallStack.At(i); frame.Pos.Filename() == p.Name {
				place = frame.Pos.String()
				break
			}
		}
		if cause := failed.Unwrap(); cause != nil {
			err = cause
		} else {
			err = errors.New(failed.Msg)
		}
	}
	if strings.Contains(err.Error(), "too many steps") {
		err = fmt.Errorf("more steps than a call may take: does a loop end?")
	}
	if function != "" {
		where = ": in " + function
	}
	return fmt.Errorf("%w: %s%s: %w", ErrScript, place, where, err)
}

// nonsense reports an answer that cannot be understood.
func (p *Program) nonsense(function string, v starlark.Value, expected string) error {
	return fmt.Errorf("%w: %s: %s returned %s: expected %s", ErrScript, p.position(function), function, shown(v), expected)
}
