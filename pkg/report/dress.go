package report

import "html/template"

// dress reads what every page beside the report itself is styled and scripted with: the report's own style and the given ones
// after it, and the script of its tables.
func dress(more ...string) (style template.CSS, script template.JS, err error) {
	for _, name := range append([]string{"report.css"}, more...) {
		text, err := templates.ReadFile("template/" + name)
		if err != nil {
			return "", "", err
		}
		style += template.CSS(text)
	}
	text, err := templates.ReadFile("template/report.js")
	return style, template.JS(text), err
}
