package report

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// The library that draws charts from data, and what its licenses want beside it: docs/CHARTS.md. It is part of every
// page, which therefore needs no other file and no network.
var (
	//go:embed echarts/echarts.min.js
	chartLibrary string
	//go:embed echarts/NOTICE
	chartNotice string
	//go:embed echarts/LICENSE
	chartLicense string
	//go:embed echarts/LICENSE-zrender
	zrenderLicense string
	//go:embed echarts/LICENSE-d3
	d3License string
	//go:embed echarts/LICENSE-tslib
	tslibLicense string
)

// chartLicenses is the text that a page shows of the library's licenses.
func chartLicenses() string {
	var b strings.Builder
	b.WriteString(chartNotice)
	for _, part := range []struct{ name, text string }{{"Apache ECharts", chartLicense}, {"ZRender", zrenderLicense}, {"d3", d3License}, {"tslib", tslibLicense}} {
		b.WriteString("\n---- " + part.name + " ----\n\n" + part.text)
	}
	return b.String()
}

// libraryFigure is a chart that the library draws: template/charts.js has a function of the name Kind, which reads Data.
// Without scripts it is not shown, and a table has its figures.
type libraryFigure struct {
	Kind, Title, Caption string
	Data                 template.JS
}

// newLibraryFigure puts data into a page; encoding/json escapes what would end the script element.
func newLibraryFigure(kind, title, caption string, data any) (*libraryFigure, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	return &libraryFigure{Kind: kind, Title: title, Caption: caption, Data: template.JS(text)}, nil
}

// coordinate is a number of a chart: five significant digits, and null for what does not exist.
type coordinate float64

// MarshalJSON implements json.Marshaler.
func (c coordinate) MarshalJSON() ([]byte, error) {
	x := float64(c)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	if x == 0 {
		return []byte("0"), nil // also for -0
	}
	return strconv.AppendFloat(nil, x, 'g', 5, 64), nil
}

func coordinates(values []float64) []coordinate {
	list := make([]coordinate, len(values))
	for i, v := range values {
		list[i] = coordinate(v)
	}
	return list
}
