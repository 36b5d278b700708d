package sweep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// ResultsFile is the table of results in a sweep's directory.
const ResultsFile = "results.parquet"

// ManifestSchema is the version that a sweep's manifest.json names.
const ManifestSchema = "backtest/sweep-manifest/v1"

// finish writes the directory of a whole sweep from its parts. inputs is a directory with copies of what the plan names.
func finish(p *Plan, id, inputs string, parts map[int64]string, dir string) (summary *Summary, err error) {
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o777); err != nil {
		return nil, err
	}
	staging, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), "."+filepath.Base(dir)+".*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	b := newBuilder(p, id)
	if err := joinParts(p, id, ordered(parts), filepath.Join(staging, ResultsFile), b); err != nil {
		return nil, err
	}
	summary = b.summary()
	var names []string
	for _, c := range append(p.copies(), report.NamedHash{File: PlanFile, SHA256: id}) {
		text, err := os.ReadFile(filepath.Join(inputs, c.File))
		if err != nil {
			return nil, err
		}
		if hash(text) != c.SHA256 {
			return nil, fmt.Errorf("%s does not have the SHA-256 that the plan names: it was changed or damaged; carry the sweep, or this shard, out again", filepath.Join(inputs, c.File))
		}
		if err := replaceFile(filepath.Join(staging, c.File), text); err != nil {
			return nil, err
		}
		names = append(names, c.File)
	}
	text, err := summary.JSON()
	if err != nil {
		return nil, err
	}
	html, err := report.RenderSweep(&summary.SweepSummary)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(replaceFile(filepath.Join(staging, report.SummaryFile), text), replaceFile(filepath.Join(staging, report.HTMLFile), html)); err != nil {
		return nil, err
	}
	manifest, err := report.SweepManifest(ManifestSchema, p.Program, id, staging, append(names, report.HTMLFile, ResultsFile, report.SummaryFile))
	if err != nil {
		return nil, err
	}
	if err := replaceFile(filepath.Join(staging, report.ManifestFile), manifest); err != nil {
		return nil, err
	}
	if err := os.Chmod(staging, 0o755); err != nil {
		return nil, err
	}
	return summary, publish(staging, filepath.Clean(dir))
}

// joinParts writes the rows of all parts as one table and shows them to the builder.
func joinParts(p *Plan, id string, paths []string, path string, b *builder) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<18)
	defer func() { err = errors.Join(err, f.Close()) }()
	t, err := columnar.NewTable(out, p.columns(), p.metadata(id))
	if err != nil {
		return err
	}
	for _, part := range paths {
		if err := copyRows(p, t, part, b); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), out.Flush(), f.Sync())
}

// copyRows appends a part's rows.
func copyRows(p *Plan, t *columnar.Table, part string, b *builder) (err error) {
	r, err := columnar.ReadTable(part)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	columns := p.columns()
	values := make([]*columnar.Values, len(columns))
	for i, c := range columns {
		if values[i], err = r.Column(c.Name); err != nil {
			return err
		}
	}
	for {
		rows, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for k := range rows {
			for i, c := range columns {
				copyValue(t, i, c.Type, values[i], k)
			}
			if err := t.EndRow(); err != nil {
				return fmt.Errorf("%s: row %d: %w", part, k, err)
			}
			b.add(values, k)
		}
	}
}

func copyValue(t *columnar.Table, column int, typ columnar.ColumnType, v *columnar.Values, k int) {
	switch {
	case v.Null != nil && v.Null[k]:
		t.Null(column)
	case typ == columnar.Int64:
		t.Int64(column, v.Int64[k])
	case typ == columnar.Float64:
		t.Float64(column, v.Float64[k])
	case typ == columnar.String:
		t.String(column, v.String[k])
	case typ == columnar.Decimal128:
		t.Decimal128(column, v.Int128[k])
	}
}
