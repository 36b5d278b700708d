package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// Names of what stands in the directory of a sweep that is under way, and of a shard.
const (
	PlanFile    = "plan.json"
	ShardFile   = "shard.json"
	PartsFolder = "parts"
)

// partName is how a part is called: the number of its chunk and the SHA-256 of its bytes.
var partName = regexp.MustCompile(`^([0-9]{6})-([0-9a-f]{64})\.parquet$`)

// store is a directory with the plan and the parts that are done.
type store struct {
	dir   string
	id    string // of the plan
	parts map[int64]string
}

// openStore makes a directory for a plan, or takes up one that was left by the same sweep. Whatever in it is not complete is
// removed; a part whose bytes do not have the hash of its name is computed again.
func openStore(dir string, in *Inputs, p *Plan) (*store, error) {
	text, err := p.json()
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir, id: hash(text), parts: map[int64]string{}}
	found, err := os.ReadFile(filepath.Join(dir, PlanFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.begun(in); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Join(dir, PartsFolder), 0o777); err != nil {
			return nil, err
		}
		for _, f := range append(in.Copies(), report.Copy{Name: PlanFile, Data: text}) { // the plan last: with it the directory is complete
			if err := replaceFile(filepath.Join(dir, f.Name), f.Data); err != nil {
				return nil, err
			}
		}
		return s, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(found, text):
		return nil, &RequestError{fmt.Errorf("%s is what another sweep left, or this one with other data, values or program; remove it, or choose another --out", dir)}
	}
	return s, s.readParts(true)
}

// begun removes what is left of a sweep that was killed before its plan was written, and refuses a directory that holds anything
// else: it is somebody's, and would be removed with the sweep.
func (s *store) begun(in *Inputs) error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	ours := []string{PartsFolder}
	for _, c := range in.Copies() {
		ours = append(ours, c.Name)
	}
	for _, e := range entries {
		if !slices.Contains(ours, e.Name()) && !strings.HasPrefix(e.Name(), unfinished) {
			return &RequestError{fmt.Errorf("%s holds %s, which no sweep has written; move it away, or choose another --out", s.dir, e.Name())}
		}
	}
	return os.RemoveAll(s.dir)
}

// unfinished is what the name of a file begins with until all of it is written.
const unfinished = ".writing-"

// readParts lists the parts. clean removes what is left of an interrupted writing.
func (s *store) readParts(clean bool) error {
	entries, err := os.ReadDir(filepath.Join(s.dir, PartsFolder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(s.dir, PartsFolder, e.Name())
		found := partName.FindStringSubmatch(e.Name())
		if found != nil {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			number, _ := strconv.ParseInt(found[1], 10, 64) // six digits
			if hash(text) == found[2] {
				if _, twice := s.parts[number]; twice {
					return fmt.Errorf("%s: two results of part %d that differ; the same program computes the same, remove both", s.dir, number)
				}
				s.parts[number] = path
				continue
			}
			if !clean {
				return fmt.Errorf("%s does not have the SHA-256 of its name: it was changed or damaged; compute the shard again", path)
			}
		}
		if clean && (found != nil || strings.HasPrefix(e.Name(), unfinished)) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// put adds a part: it is there with its name or not at all.
func (s *store) put(number int64, text []byte) (string, error) {
	path := filepath.Join(s.dir, PartsFolder, fmt.Sprintf("%06d-%s.parquet", number, hash(text)))
	return path, replaceFile(path, text)
}

// replaceFile writes a file under another name and then gives it its own.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), path)
}
