package report

import (
	"bytes"
	"fmt"
	"html/template"
)

// leversPage is what the template of levers.html reads.
type leversPage struct {
	*Levers
	Style   template.CSS
	Script  template.JS
	Charts  []template.HTML
	Columns []string
}

// HTML returns the answers as one page that needs no other file and no network; it leads to the reports of the runs beside it.
func (l *Levers) HTML() ([]byte, error) {
	t, err := template.New("levers.gohtml").Funcs(functions).ParseFS(templates, "template/levers.gohtml")
	if err != nil {
		return nil, err
	}
	p := &leversPage{Levers: l, Columns: leverColumns}
	if p.Style, p.Script, err = dress("compare.css"); err != nil {
		return nil, err
	}
	for i := range leverMetrics {
		p.Charts = append(p.Charts, tornadoChart(l, &leverMetrics[i]))
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("%s: %w", LeversHTMLFile, err)
	}
	return b.Bytes(), nil
}

// Reconstructed reports whether the prices are made, not recorded.
func (p *leversPage) Reconstructed() bool { return p.Data.Reconstructed() }
