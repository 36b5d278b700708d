package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// svg writes an inline figure. Colors come from classes of the page's style, so that a figure follows light and dark.
type svg struct {
	b      strings.Builder
	height float64
}

// figureWidth is the width of every figure in its own units; the page scales it.
const figureWidth = 960

// newSVG starts a figure with a title and a description for those who do not see it.
func newSVG(id, title, description string, height float64) *svg {
	s := &svg{height: height}
	fmt.Fprintf(&s.b, `<svg viewBox="0 0 %d %s" role="img" aria-labelledby="%s-t %s-d" id="%s"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		figureWidth, num(height), id, id, id, id, html.EscapeString(title), id, html.EscapeString(description))
	return s
}

func (s *svg) done() template.HTML {
	s.b.WriteString("</svg>")
	return template.HTML(s.b.String())
}

// num prints a coordinate with one decimal.
func num(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&s.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

func (s *svg) rect(class string, x, y, w, h float64, tip string) {
	fmt.Fprintf(&s.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, num(x), num(y), num(max(w, 0)), num(max(h, 0)))
	s.tip("rect", tip)
}

func (s *svg) circle(class string, x, y, r float64, tip string) {
	fmt.Fprintf(&s.b, `<circle class="%s" cx="%s" cy="%s" r="%s"`, class, num(x), num(y), num(r))
	s.tip("circle", tip)
}

// diamond is the second mark: what color tells apart, shape does too.
func (s *svg) diamond(class string, x, y, r float64, tip string) {
	fmt.Fprintf(&s.b, `<path class="%s" d="M%s %sL%s %sL%s %sL%s %sZ"`, class, num(x), num(y-r), num(x+r), num(y), num(x), num(y+r), num(x-r), num(y))
	s.tip("path", tip)
}

// tip closes an element, with a tooltip where there is something to say.
func (s *svg) tip(element, tip string) {
	if tip == "" {
		s.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&s.b, `><title>%s</title></%s>`, html.EscapeString(tip), element)
}

func (s *svg) path(class string, d *strings.Builder) {
	if d.Len() > 0 {
		fmt.Fprintf(&s.b, `<path class="%s" d="%s"/>`, class, d.String())
	}
}

// text writes a label; anchor is start, middle or end.
func (s *svg) text(class, anchor string, x, y float64, label string) {
	fmt.Fprintf(&s.b, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, num(x), num(y), html.EscapeString(label))
}

// yAxis draws grid lines and labels at ticks, and the axis' name above them.
func (s *svg) yAxis(y scale, left, right float64, list []float64, labels []string, name string) {
	for i, v := range list {
		at := y.at(v)
		s.line("grid", left, at, right, at)
		s.text("tick", "end", left-8, at+4, labels[i])
	}
	s.text("axis", "start", left-56, y.pixelTo-9, name)
}

// timeAxis draws ticks below y and thin lines through the panels above it, from top.
func (s *svg) timeAxis(x scale, list []timeTick, top, y float64) {
	for _, t := range list {
		at := x.at(float64(t.at))
		s.line("grid", at, top, at, y)
		s.text("tick", "middle", at, y+17, t.label)
		if t.day != "" {
			anchor := "middle"
			if at > x.pixelTo-30 {
				anchor = "end"
			}
			s.text("tick", anchor, dayAt(at, anchor), y+32, t.day)
		}
	}
	s.line("base", x.pixelFrom, y, x.pixelTo, y)
}

// point appends a move or a line to a path.
func point(d *strings.Builder, move bool, x, y float64) {
	if move {
		d.WriteByte('M')
	} else {
		d.WriteByte('L')
	}
	d.WriteString(num(x))
	d.WriteByte(' ')
	d.WriteString(num(y))
}

// dayAt keeps a date that ends at its tick in line with the label above it.
func dayAt(at float64, anchor string) float64 {
	if anchor == "end" {
		return at + 12
	}
	return at
}
