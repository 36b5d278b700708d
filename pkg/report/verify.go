package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Difference says where two run directories differ first.
type Difference struct {
	File   string
	Offset int64 // of the first byte that differs; the length of the shorter file where one begins the other
	Why    string
}

func (d *Difference) Error() string {
	return fmt.Sprintf("%s differs at byte %d: %s", d.File, d.Offset, d.Why)
}

// Verify compares two run directories byte for byte, in the order summary, events, steps, accounts, scenario, rulebook,
// trade list, scripts and positions (where there are any), report, manifest: results before what is derived from them. A *Difference names the first file that is not the same.
func Verify(a, b string) error {
	names := []string{SummaryFile, EventsFile, StepsFile, AccountsFile, ScenarioFile, RulebookFile}
	optional := slices.Clone(tradesFiles)
	for i := 0; i == 0 || exists(filepath.Join(a, scriptFile(i-1))) || exists(filepath.Join(b, scriptFile(i-1))); i++ {
		optional = append(optional, scriptFile(i))
	}
	optional = append(optional, positionsCSV, positionsParquet)
	for _, name := range optional {
		if exists(filepath.Join(a, name)) || exists(filepath.Join(b, name)) {
			names = append(names, name)
		}
	}
	for _, name := range []string{positionsCSV, positionsParquet} {
		if exists(filepath.Join(a, name)) || exists(filepath.Join(b, name)) {
			names = append(names, name)
		}
	}
	for _, name := range append(names, HTMLFile, ManifestFile) {
		if err := compareFiles(name, filepath.Join(a, name), filepath.Join(b, name)); err != nil {
			return err
		}
	}
	return nil
}

// VerifySet compares two directories of coupled venues byte for byte: each venue's run, then what stands beside them.
func VerifySet(a, b string, venues []string) error {
	for _, v := range venues {
		if err := Verify(filepath.Join(a, v), filepath.Join(b, v)); err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
	}
	for _, name := range []string{ScenarioFile, ComparisonFile, ComparisonHTMLFile} {
		if err := compareFiles(name, filepath.Join(a, name), filepath.Join(b, name)); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func compareFiles(name, a, b string) error {
	fa, err := os.Open(a)
	if err != nil {
		return err
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return err
	}
	defer fb.Close()
	ra, rb := bufio.NewReaderSize(fa, 1<<16), bufio.NewReaderSize(fb, 1<<16)
	for at := int64(0); ; at++ {
		x, errX := ra.ReadByte()
		y, errY := rb.ReadByte()
		switch {
		case errX == io.EOF && errY == io.EOF:
			return nil
		case errX == io.EOF:
			return &Difference{name, at, fmt.Sprintf("%s ends, %s goes on", a, b)}
		case errY == io.EOF:
			return &Difference{name, at, fmt.Sprintf("%s goes on, %s ends", a, b)}
		case errX != nil || errY != nil:
			return errors.Join(errX, errY)
		case x != y:
			why := fmt.Sprintf("%#02x in %s, %#02x in %s", x, a, y, b)
			if name == ManifestFile {
				why += "; all results are the same: another program version, Go version or GOAMD64 made them"
			}
			return &Difference{name, at, why}
		}
	}
}
