package lint

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// Limits on what one sitting can take in.
const (
	maxFileLines     = 420 // aim for 400
	maxTestFileLines = 700
	maxFunctionLines = 80 // aim for 70
)

func TestFilesAndFunctionsFitASitting(t *testing.T) {
	for _, s := range sources(t) {
		limit := maxFileLines
		if s.test {
			limit = maxTestFileLines
		}
		if lines := strings.Count(s.text, "\n"); lines > limit {
			t.Errorf("%s has %d lines; expected at most %d: one concept a file", s.path, lines, limit)
		}
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.line(f.End())-s.line(f.Pos()) >= maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines; expected fewer than %d", s.path, s.line(f.Pos()), f.Name.Name, s.line(f.End())-s.line(f.Pos())+1, maxFunctionLines)
			}
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	documented := map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		if _, seen := documented[s.folder]; !seen {
			documented[s.folder] = ""
		}
		if s.file.Doc == nil {
			continue
		}
		if first := documented[s.folder]; first != "" {
			t.Errorf("%s: a second package comment beside %s", s.path, first)
		}
		documented[s.folder] = s.path
		text, want := s.file.Doc.Text(), "Package "+s.file.Name.Name+" "
		if s.file.Name.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: package comment begins %.30q; expected %q", s.path, text, want)
		}
	}
	for folder, file := range documented {
		if file == "" {
			t.Errorf("%s has no package comment", folder)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		missing := func(n ast.Node, name string) {
			t.Errorf("%s:%d: exported %s has no comment", s.path, s.line(n.Pos()), name)
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !ofUnexported(d) {
					missing(d, d.Name.Name)
				}
			case *ast.GenDecl:
				checkSpecs(d, missing)
			}
		}
	}
}

// ofUnexported reports whether a method's receiver is a type that nobody outside can name; such methods implement
// interfaces that say what they do. String and Error say it by their names.
func ofUnexported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	if f.Name.Name == "String" || f.Name.Name == "Error" {
		return true
	}
	receiver := f.Recv.List[0].Type
	for {
		switch r := receiver.(type) {
		case *ast.StarExpr:
			receiver = r.X
		case *ast.IndexExpr:
			receiver = r.X
		case *ast.Ident:
			return !r.IsExported()
		default:
			return false
		}
	}
}

// checkSpecs wants a comment on every exported type, and on constants and variables one for each or for their block.
func checkSpecs(d *ast.GenDecl, missing func(ast.Node, string)) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
				missing(spec, spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				if n.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					missing(n, n.Name)
				}
			}
		}
	}
}

// banned are words that we do not use, with what to do instead. They are put together so that this file has none.
var banned = []struct{ pattern, instead string }{
	{`\bTO` + `DO\b|\bFIX` + `ME\b|\bX` + `XX\b`, "finish it, or file an issue"},
	{`(?i)\bfor n` + `ow\b`, "say what is true"},
	{`(?i)\bfair pr` + `ice\b`, "mark price"},
	{`(?i)\bsociali` + `sed\b|\bunreali` + `sed\b|\breali` + `sed\b|\bbehavi` + `our\b|\bneighb` + `our|\bfavo` + `ur`, "American spelling"},
	{`\b(func|type) (\([^)]*\) )?Get[A-Z]`, "a value is a noun"},
	{`\btype \w*(Manager|Handler|Helper|Util)\b`, "name the idea"},
	{`\b[MI]MR\b`, "maintenance or initial margin rate"},
	{`/wo` + `rk/(main|shared)`, "no path of one machine"},
}

func TestBannedWords(t *testing.T) {
	for _, b := range banned {
		pattern := regexp.MustCompile(b.pattern)
		for _, s := range sources(t) {
			for n, line := range strings.Split(s.text, "\n") {
				if word := pattern.FindString(line); word != "" {
					t.Errorf("%s:%d: %q; %s", s.path, n+1, word, b.instead)
				}
			}
		}
	}
}

func TestPackageNamesAreIdeas(t *testing.T) {
	for _, s := range sources(t) {
		switch s.file.Name.Name {
		case "util", "utils", "common", "helpers", "misc", "base", "types":
			t.Errorf("%s: package %s says nothing about what is in it", s.path, s.file.Name.Name)
		}
	}
}
