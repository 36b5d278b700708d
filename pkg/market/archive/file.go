package archive

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// File is one CSV file of a venue and what it holds.
type File struct {
	Path   string // on disk
	Member string // of the zip at Path, "" for a plain file

	columnar.Key
	Market       Market
	ContractSize float64 // US dollars a contract; coin-margined only
	assumed      bool    // Market is not said by the path
}

// Name is the path for errors; a zip's member follows a "!".
func (f *File) Name() string {
	if f.Member == "" {
		return f.Path
	}
	return f.Path + "!" + f.Member
}

// Selection says which files to read and how to take them.
type Selection struct {
	Symbols       []string           // as the catalog names them; empty is all
	Market        Market             // of files whose path does not say it; empty takes USDT symbols for USD-margined
	ContractSizes map[string]float64 // US dollars a contract of coin-margined symbols; others have Binance's
}

// Discover lists the files under the given files and folders in the order of their paths, and the files it passes over
// because they are no CSV or zip. A CSV file whose kind, interval or symbol cannot be told is an error.
func (s *Selection) Discover(paths []string) (files []*File, passed []string, err error) {
	return s.discover(paths, strict)
}

func (s *Selection) discover(paths []string, report report) (files []*File, passed []string, err error) {
	found, passed, err := list(paths)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, path := range found {
		members := []string{""}
		if strings.EqualFold(filepath.Ext(path), ".zip") {
			if members, err = zipMembers(path); err == nil {
				err = verifyChecksum(path)
			}
			if err != nil {
				if err = collect(report, err); err != nil {
					return nil, nil, err
				}
				continue
			}
		}
		for _, member := range members {
			f := &File{Path: path, Member: member}
			if err := s.identify(f); err != nil {
				if err := collect(report, err); err != nil {
					return nil, nil, err
				}
				continue
			}
			seen[f.Symbol] = true
			if s.wants(f.Symbol) {
				files = append(files, f)
			}
		}
	}
	for _, want := range s.Symbols {
		if !seen[want] {
			return nil, nil, requestf("--symbol %s: no file holds it; expected one of %s", want, someOf(seen))
		}
	}
	return files, passed, nil
}

// collect hands an Error to the report, and returns any other error as it is.
func collect(report report, err error) error {
	if finding := (*Error)(nil); errors.As(err, &finding) {
		return report(finding)
	}
	return err
}

func (s *Selection) wants(symbol string) bool {
	for _, want := range s.Symbols {
		if want == symbol {
			return true
		}
	}
	return len(s.Symbols) == 0
}

// list walks the paths; a file named twice is read once.
func list(paths []string) (found, passed []string, err error) {
	seen := map[string]bool{}
	add := func(path string, named bool) {
		path = filepath.Clean(path)
		switch ext := strings.ToLower(filepath.Ext(path)); {
		case seen[path]:
		case ext == ".csv" || ext == ".zip" || named:
			found = append(found, path)
		case ext != ".checksum":
			passed = append(passed, path)
		}
		seen[path] = true
	}
	for _, root := range paths {
		info, err := os.Stat(root)
		if err != nil {
			return nil, nil, requestf("%s: expected a file or folder of market data (%w)", root, err)
		}
		if !info.IsDir() {
			add(root, true)
			continue
		}
		err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				add(path, false)
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(found) == 0 {
		return nil, nil, requestf("%s: expected .csv or .zip files of market data, there are none", strings.Join(paths, " "))
	}
	sort.Strings(found)
	return found, passed, nil
}

// identify fills in what the file holds from its path and, where that does not say the kind, its header.
func (s *Selection) identify(f *File) error {
	at := f.Path
	if f.Member != "" {
		at = filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(f.Member))
	}
	l := readLabel(at)
	f.Key = columnar.Key{Kind: l.kind, Interval: l.interval, Symbol: l.symbol}
	f.Market = l.market
	if l.refused != "" {
		return &Error{File: f.Name(), Code: "kind", Expected: "klines, funding rates, open-interest metrics or book depth; this is " +
			l.refused, Remedy: "leave the file out"}
	}
	if f.Symbol == "" {
		return &Error{File: f.Name(), Value: stem(at), Code: "name",
			Expected: "a name such as BTCUSDT-1m-2025-10-10.csv, BTCUSDT-fundingRate.csv, BTCUSDT-metrics.csv or BTCUSDT-bookDepth.csv",
			Remedy:   "rename the file"}
	}
	if f.Kind == "" {
		if err := f.peekKind(); err != nil {
			return err
		}
	}
	if f.Market == "" {
		f.Market, f.assumed = s.Market, false
		if f.Market == "" {
			f.Market, f.assumed = USDMargined, true
			if !endsInStablecoin(f.Symbol) {
				return &Error{File: f.Name(), Value: f.Symbol, Code: "market", Expected: "a market, which neither folder nor symbol says",
					Remedy: "pass --market um, cm or spot"}
			}
		}
	}
	if !f.Kind.HasCandles() {
		f.Interval = 0
	} else if f.Interval == 0 {
		return &Error{File: f.Name(), Value: stem(at), Code: "name", Expected: "an interval such as 1s, 1m or 5m in the name",
			Remedy: "rename the file to SYMBOL-1m-DATE.csv"}
	}
	if f.Market == Spot && f.Kind == columnar.Candles {
		f.Kind = columnar.Index
	}
	if f.Market == CoinMargined {
		f.ContractSize = contractSize(f.Symbol)
		if size, ok := s.ContractSizes[f.Symbol]; ok {
			f.ContractSize = size
		}
	}
	return nil
}

func (f *File) peekKind() error {
	in, err := f.open()
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := openRows(in, f.Name(), strict)
	if err != nil {
		return err
	}
	switch r.family.name {
	case fundingFamily.name:
		f.Kind = columnar.Funding
	case metricsFamily.name:
		f.Kind = columnar.OpenInterest
	case depthFamily.name:
		f.Kind = columnar.Depth
	default:
		f.Kind = columnar.Candles
	}
	return nil
}

func endsInStablecoin(symbol string) bool {
	for _, quote := range []string{"USDT", "USDC", "BUSD", "FDUSD"} {
		if strings.HasSuffix(symbol, quote) {
			return true
		}
	}
	return false
}

// contractSize is Binance's: 100 USD for BTC, 10 USD for every other coin.
// Source: the contract specifications of Binance COIN-M perpetuals, "contract multiplier".
func contractSize(symbol string) float64 {
	if strings.HasPrefix(symbol, "BTCUSD") {
		return 100
	}
	return 10
}

// open returns the CSV text.
func (f *File) open() (io.ReadCloser, error) {
	if f.Member == "" {
		file, err := os.Open(f.Path)
		if err != nil {
			return nil, requestf("%w", err)
		}
		return file, nil
	}
	z, err := zip.OpenReader(f.Path)
	if err != nil {
		return nil, readError(f.Path, err)
	}
	member, err := z.Open(f.Member)
	if err != nil {
		z.Close()
		return nil, readError(f.Name(), err)
	}
	return &zipMember{member, z}, nil
}

type zipMember struct {
	fs.File
	archive *zip.ReadCloser
}

func (m *zipMember) Close() error { return errors.Join(m.File.Close(), m.archive.Close()) }

func zipMembers(path string) ([]string, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, readError(path, err)
	}
	defer z.Close()
	var members []string
	for _, m := range z.File {
		if strings.EqualFold(filepath.Ext(m.Name), ".csv") && fs.ValidPath(m.Name) {
			members = append(members, m.Name)
		}
	}
	if len(members) == 0 {
		return nil, &Error{File: path, Code: "layout", Expected: "a .csv file inside, there is none", Remedy: "leave the file out"}
	}
	sort.Strings(members)
	return members, nil
}

// verifyChecksum compares a zip with the .CHECKSUM file that the archive publishes beside it, when that is there.
func verifyChecksum(path string) error {
	text, err := os.ReadFile(path + ".CHECKSUM")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	want, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	got, err := HashFile(path)
	if err != nil {
		return err
	}
	if !strings.EqualFold(want, got) {
		return &Error{File: path, Value: got, Code: "checksum", Expected: "the SHA-256 of its .CHECKSUM file, " + want,
			Remedy: "download the file again"}
	}
	return nil
}

// HashFile returns the SHA-256 of a file in hexadecimal.
func HashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func someOf(set map[string]bool) string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) > 12 {
		return strings.Join(names[:12], " ") + " and " + itoa(len(names)-12) + " more"
	}
	return strings.Join(names, " ")
}
