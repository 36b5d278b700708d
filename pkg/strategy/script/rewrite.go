package script

import (
	"fmt"
	"slices"

	"go.starlark.net/syntax"
)

// The interpreter counts steps, not memory: "x += x" doubles in one step. So a script is rewritten before it is compiled:
// what can make something large out of something small becomes a call of a built-in function that counts it
// (budget.go). Positions stay those of the file.

// counted are the binary operators whose result can be larger than a number, and the functions that stand for them.
var counted = map[syntax.Token]string{
	syntax.PLUS: "@plus", syntax.STAR: "@star", syntax.PERCENT: "@percent", syntax.LTLT: "@shift", syntax.PIPE: "@pipe",
	syntax.MINUS: "@minus", syntax.AMP: "@and", syntax.CIRCUMFLEX: "@xor", // of sets
}

var countedAssignment = map[syntax.Token]syntax.Token{
	syntax.PLUS_EQ: syntax.PLUS, syntax.STAR_EQ: syntax.STAR, syntax.PERCENT_EQ: syntax.PERCENT, syntax.LTLT_EQ: syntax.LTLT, syntax.PIPE_EQ: syntax.PIPE,
	syntax.MINUS_EQ: syntax.MINUS, syntax.AMP_EQ: syntax.AMP, syntax.CIRCUMFLEX_EQ: syntax.CIRCUMFLEX,
}

// refusedMethods multiply what they are given within one step.
var refusedMethods = []string{"join", "replace", "format", "extend"}

// rewriter walks a file and replaces expressions in place.
type rewriter struct{ err error }

func (r *rewriter) fail(at syntax.Position, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
	}
}

func call(name string, at syntax.Position, args ...syntax.Expr) syntax.Expr {
	return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: at, Name: name}, Lparen: at, Args: args, Rparen: at}
}

func (r *rewriter) stmts(list []syntax.Stmt) {
	for i, s := range list {
		r.stmt(s)
		list[i] = putting(s)
	}
}

func (r *rewriter) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.AssignStmt:
		r.assign(s)
	case *syntax.DefStmt:
		r.exprs(s.Params)
		r.stmts(s.Body)
	case *syntax.ExprStmt:
		r.expr(&s.X)
	case *syntax.IfStmt:
		r.expr(&s.Cond)
		r.stmts(s.True)
		r.stmts(s.False)
	case *syntax.ForStmt:
		r.loopVars(s.Vars)
		r.expr(&s.X)
		r.stmts(s.Body)
	case *syntax.WhileStmt:
		r.expr(&s.Cond)
		r.stmts(s.Body)
	case *syntax.ReturnStmt:
		if s.Result != nil {
			r.expr(&s.Result)
		}
	case *syntax.LoadStmt:
		r.fail(s.Load, "load: a script stands alone and reads no other file; write what is needed into it")
	}
}

// assign turns "x += y" into "x = x + y", counted; a list is then another list than before, which other names for it do
// not see. Only for names: the operand of x[f()] += y would be computed twice.
func (r *rewriter) assign(s *syntax.AssignStmt) {
	r.target(s.LHS)
	r.expr(&s.RHS)
	op, isCounted := countedAssignment[s.Op]
	if !isCounted {
		if _, alone := s.LHS.(*syntax.IndexExpr); alone {
			return // putting
		}
		for range indexed(s.LHS) {
			s.RHS = call("@entry", s.OpPos, s.RHS)
		}
		return
	}
	name, isName := s.LHS.(*syntax.Ident)
	if !isName {
		s.RHS = call("@small", s.OpPos, s.RHS)
		return
	}
	s.Op, s.RHS = syntax.EQ, call(counted[op], s.OpPos, &syntax.Ident{NamePos: name.NamePos, Name: name.Name}, s.RHS)
}

// putting turns the statement x[i] = v, whose parts are rewritten, into the call of a function that counts what it adds.
func putting(s syntax.Stmt) syntax.Stmt {
	a, isAssign := s.(*syntax.AssignStmt)
	if !isAssign || a.Op != syntax.EQ {
		return s
	}
	x, isIndex := a.LHS.(*syntax.IndexExpr)
	if !isIndex {
		return s
	}
	return &syntax.ExprStmt{X: call("@put", x.Lbrack, a.RHS, x.X, x.Y)}
}

// indexed is how many elements a list or tuple of targets assigns to, each of which may be a new entry of a dictionary.
func indexed(e syntax.Expr) (n int) {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		return indexed(e.X)
	case *syntax.ListExpr:
		for _, v := range e.List {
			n += indexed(v)
		}
	case *syntax.TupleExpr:
		for _, v := range e.List {
			n += indexed(v)
		}
	case *syntax.IndexExpr:
		return 1
	}
	return n
}

// target rewrites what stands within the left side of an assignment: of x[f()] and x.y, and not the lists and tuples of names.
func (r *rewriter) target(e syntax.Expr) {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		r.target(e.X)
	case *syntax.ListExpr:
		r.targets(e.List)
	case *syntax.TupleExpr:
		r.targets(e.List)
	case *syntax.IndexExpr:
		r.expr(&e.X)
		r.expr(&e.Y)
	case *syntax.DotExpr:
		r.expr(&e.X)
	}
}

func (r *rewriter) targets(list []syntax.Expr) {
	for _, e := range list {
		r.target(e)
	}
}

// loopVars refuses "for x[i] in y", which assigns without being counted.
func (r *rewriter) loopVars(e syntax.Expr) {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		r.loopVars(e.X)
	case *syntax.ListExpr:
		for _, v := range e.List {
			r.loopVars(v)
		}
	case *syntax.TupleExpr:
		for _, v := range e.List {
			r.loopVars(v)
		}
	case *syntax.IndexExpr:
		r.fail(e.Lbrack, "a loop's variable is a name; assign to an element within the loop")
	case *syntax.DotExpr:
		r.fail(e.Dot, "a loop's variable is a name; assign to a field within the loop")
	}
}

func (r *rewriter) exprs(list []syntax.Expr) {
	for i := range list {
		r.expr(&list[i])
	}
}

func (r *rewriter) expr(p *syntax.Expr) {
	switch e := (*p).(type) {
	case *syntax.BinaryExpr:
		if e.Op == syntax.EQ { // a named argument or a default: the left side is its name
			r.expr(&e.Y)
			return
		}
		r.expr(&e.X)
		r.expr(&e.Y)
		if name, isCounted := counted[e.Op]; isCounted {
			*p = call(name, e.OpPos, e.X, e.Y)
		}
	case *syntax.CallExpr:
		r.call(e)
		if method, isMethod := e.Fn.(*syntax.DotExpr); isMethod && method.Name.Name == "append" {
			*p = &syntax.CallExpr{Fn: &syntax.Ident{NamePos: e.Lparen, Name: "@append"}, Lparen: e.Lparen, Args: append([]syntax.Expr{method.X}, e.Args...), Rparen: e.Rparen}
			return
		}
		*p = call("@made", e.Lparen, e)
		if method, isMethod := e.Fn.(*syntax.DotExpr); isMethod && slices.Contains(adding, method.Name.Name) {
			*p = call("@entry", e.Lparen, *p)
		}
	case *syntax.SliceExpr:
		r.expr(&e.X)
		for _, bound := range []*syntax.Expr{&e.Lo, &e.Hi, &e.Step} {
			if *bound != nil {
				r.expr(bound)
			}
		}
		*p = call("@made", e.Lbrack, e)
	case *syntax.DotExpr:
		r.expr(&e.X)
		if slices.Contains(refusedMethods, e.Name.Name) {
			r.fail(e.Name.NamePos, "%s is not available in scripts: one call of it can make more than all memory holds; use + and %%", e.Name.Name)
		}
		if e.Name.Name == updating {
			r.fail(e.Name.NamePos, "%s is called where it stands, x.%s(y), so that what it takes over can be counted", updating, updating)
		}
	case *syntax.UnaryExpr:
		if e.X != nil {
			r.expr(&e.X)
		}
	case *syntax.ParenExpr:
		r.expr(&e.X)
	case *syntax.IndexExpr:
		r.expr(&e.X)
		r.expr(&e.Y)
	case *syntax.CondExpr:
		r.expr(&e.Cond)
		r.expr(&e.True)
		r.expr(&e.False)
	case *syntax.ListExpr:
		r.exprs(e.List)
		*p = call("@made", e.Lbrack, e)
	case *syntax.TupleExpr:
		r.exprs(e.List)
		start, _ := e.Span()
		*p = call("@made", start, e)
	case *syntax.DictExpr:
		r.exprs(e.List)
		*p = call("@made", e.Lbrace, e)
	case *syntax.DictEntry:
		r.expr(&e.Key)
		r.expr(&e.Value)
	case *syntax.LambdaExpr:
		r.exprs(e.Params)
		r.expr(&e.Body)
	case *syntax.Comprehension:
		r.comprehension(e)
		*p = call("@whole", e.Lbrack, e)
	}
}

// adding are the methods that make one entry of a dictionary or set.
var adding = []string{"add", "setdefault"}

// updating is the method that takes over all of another dictionary or set at once.
const updating = "update"

// call rewrites a call's parts: what it copies at once is counted before it does.
func (r *rewriter) call(e *syntax.CallExpr) {
	method, isMethod := e.Fn.(*syntax.DotExpr)
	updates := isMethod && method.Name.Name == updating
	if updates {
		r.expr(&method.X)
	} else {
		r.expr(&e.Fn)
	}
	for i := range e.Args {
		arg := &e.Args[i]
		if u, isSpread := (*arg).(*syntax.UnaryExpr); isSpread && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			r.expr(&u.X)
			u.X = call("@spread", u.OpPos, u.X)
			continue
		}
		r.expr(arg)
		if b, isBinary := (*arg).(*syntax.BinaryExpr); updates && !(isBinary && b.Op == syntax.EQ) {
			*arg = call("@spread", e.Lparen, *arg)
		}
	}
}

func (r *rewriter) comprehension(e *syntax.Comprehension) {
	element, counter := &e.Body, "@element"
	if entry, isEntry := e.Body.(*syntax.DictEntry); isEntry {
		r.expr(&entry.Key)
		element, counter = &entry.Value, "@entry"
	}
	r.expr(element)
	*element = call(counter, e.Lbrack, *element)
	for _, c := range e.Clauses {
		switch c := c.(type) {
		case *syntax.ForClause:
			r.loopVars(c.Vars)
			r.expr(&c.X)
		case *syntax.IfClause:
			r.expr(&c.Cond)
		}
	}
}
