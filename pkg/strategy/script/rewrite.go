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
}

var countedAssignment = map[syntax.Token]syntax.Token{
	syntax.PLUS_EQ: syntax.PLUS, syntax.STAR_EQ: syntax.STAR, syntax.PERCENT_EQ: syntax.PERCENT, syntax.LTLT_EQ: syntax.LTLT, syntax.PIPE_EQ: syntax.PIPE,
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
	for _, s := range list {
		r.stmt(s)
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
		r.expr(&s.Vars)
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
	r.expr(&s.LHS)
	r.expr(&s.RHS)
	op, isCounted := countedAssignment[s.Op]
	if !isCounted {
		return
	}
	name, isName := s.LHS.(*syntax.Ident)
	if !isName {
		s.RHS = call("@small", s.OpPos, s.RHS)
		return
	}
	s.Op, s.RHS = syntax.EQ, call(counted[op], s.OpPos, &syntax.Ident{NamePos: name.NamePos, Name: name.Name}, s.RHS)
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
		r.expr(&e.Fn)
		r.exprs(e.Args)
		*p = call("@made", e.Lparen, e)
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
	case *syntax.TupleExpr:
		r.exprs(e.List)
	case *syntax.DictExpr:
		r.exprs(e.List)
	case *syntax.DictEntry:
		r.expr(&e.Key)
		r.expr(&e.Value)
	case *syntax.LambdaExpr:
		r.exprs(e.Params)
		r.expr(&e.Body)
	case *syntax.Comprehension:
		r.comprehension(e)
	}
}

func (r *rewriter) comprehension(e *syntax.Comprehension) {
	r.expr(&e.Body)
	for _, c := range e.Clauses {
		switch c := c.(type) {
		case *syntax.ForClause:
			r.expr(&c.Vars)
			r.expr(&c.X)
		case *syntax.IfClause:
			r.expr(&c.Cond)
		}
	}
}
