package report

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// browser is a headless Chromium behind a proxy that answers nothing and remembers what it was asked for.
type browser struct {
	path, proxy string
	lock        sync.Mutex
	asked       []string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped with -short: starts a browser")
	}
	b := &browser{}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			b.path = path
			break
		}
	}
	if b.path == "" {
		t.Skip("skipped: no chromium on the path, so nobody looked whether the charts are drawn; .ci/run installs it")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.lock.Lock()
		b.asked = append(b.asked, r.Method+" "+r.Host+r.URL.Path)
		b.lock.Unlock()
		http.Error(w, "no network in this test", http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	b.proxy = server.URL
	return b
}

// open loads a page and returns its document as it is then, what its console said, and what was asked of the network.
func (b *browser) open(t *testing.T, page string, more ...string) (document string, console, asked []string) {
	t.Helper()
	b.lock.Lock()
	b.asked = nil
	b.lock.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	arguments := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-extensions", "--window-size=1240,1600",
		"--user-data-dir=" + t.TempDir(), "--proxy-server=" + b.proxy, "--proxy-bypass-list=<-loopback>", "--enable-logging=stderr",
		"--virtual-time-budget=8000"}, more...)
	command := exec.CommandContext(ctx, b.path, append(arguments, "file://"+page)...)
	var out, said strings.Builder
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", b.path, err, said.String())
	}
	for _, line := range strings.Split(said.String(), "\n") {
		if strings.Contains(line, "CONSOLE") {
			console = append(console, line)
		}
	}
	b.lock.Lock()
	defer b.lock.Unlock()
	return out.String(), console, slices.DeleteFunc(slices.Clone(b.asked), ofItsOwn)
}

// ofItsOwn reports that a browser asked its maker, which it does whatever page is open. The pages under test do not
// contain that name, as TestChartsInABrowser checks.
func ofItsOwn(asked string) bool { return strings.Contains(asked, "google") }

// drawnChart is what the probe found of a chart.
type drawnChart struct {
	Kind   string  `json:"kind"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Shapes int     `json:"shapes"` // paths of some size that have a color
	Words  int     `json:"words"`
	Broken int     `json:"broken"` // attributes with NaN or undefined in them
	Tips   int     `json:"tips"`   // distinct words under a pointer that sweeps over the chart
	Still  bool    `json:"still"`  // the figure for those without scripts is shown
}

type probed struct {
	Background string       `json:"background"`
	Ink        string       `json:"ink"` // of the first word of a chart
	Charts     []drawnChart `json:"charts"`
}

// probeScript looks at every chart, after each instrument was shown, and writes down what it sees. In print it does so on
// the console, since the page is another one then.
const probeScript = `<script>(function () {
  var look = function (sweep) {
    var list = [], ink = "", figures = document.querySelectorAll(".market"), shown = document.querySelector(".market.shown");
    figures.forEach(function (f) { f.classList.add("shown"); }); // a hidden shape has no size
    document.querySelectorAll(".chart").forEach(function (el) {
      var svg = el.querySelector("svg"), box = el.getBoundingClientRect(), c = {kind: el.dataset.kind, width: 0, height: 0, shapes: 0, words: 0, broken: 0, tips: 0, still: false};
      var still = el.parentNode.querySelector(".static");
      c.still = Boolean(still && still.getClientRects().length);
      list.push(c);
      if (!svg || !el.dataset.drawn) return;
      if (sweep) {
        var said = {};
        for (var i = 1; i < 24; i++) for (var k = 1; k < 12; k++) {
          svg.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: box.left + box.width * i / 24, clientY: box.top + box.height * k / 12}));
          var tip = el.lastElementChild;
          if (tip !== svg.parentNode && tip.textContent) said[tip.textContent] = true;
        }
        c.tips = Object.keys(said).length;
        c.broken += Object.keys(said).filter(function (t) { return /NaN|undefined|null/.test(t); }).length;
      }
      c.width = parseFloat(svg.getAttribute("width")); c.height = parseFloat(svg.getAttribute("height"));
      svg.querySelectorAll("path,rect,circle").forEach(function (p) {
        var b = p.getBBox(), s = getComputedStyle(p);
        if (b.width + b.height > 0 && (s.fill !== "none" || s.stroke !== "none")) c.shapes++;
      });
      svg.querySelectorAll("*").forEach(function (p) {
        for (var i = 0; i < p.attributes.length; i++) if (/NaN|undefined/.test(p.attributes[i].value)) c.broken++;
      });
      svg.querySelectorAll("text").forEach(function (p) { if (p.textContent) { c.words++; ink = ink || getComputedStyle(p).fill; } });
    });
    figures.forEach(function (f) { f.classList.toggle("shown", f === shown); });
    return JSON.stringify({background: getComputedStyle(document.body).backgroundColor, ink: ink, charts: list});
  };
  addEventListener("load", function () {
    document.querySelectorAll(".pick button").forEach(function (b) { b.click(); });
    document.querySelectorAll(".choose select").forEach(function (s) {
      for (var i = 0; i < s.options.length; i++) { s.selectedIndex = i; s.dispatchEvent(new Event("change")); }
    });
    document.querySelectorAll("table.sort th button").forEach(function (b) { b.click(); });
    var pre = document.createElement("pre");
    pre.id = "probe"; pre.textContent = look(true);
    document.body.append(pre);
  });
  addEventListener("beforeprint", function () { console.log("PROBE" + look() + "END"); });
})();</script>`

// busyRun is a run with something for every chart: two instruments, rules at three leverages with and without a stop, a
// crowd, an envelope.
func busyRun(t *testing.T) string {
	t.Helper()
	in := inputs(t)
	text := strings.Replace(strings.Replace(scenarioText, "leverage: [10]", "leverage: [5, 10, 25]", 1), "count: 3", "count: 200", 1)
	s, err := scenario.Parse("busy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	in.Scenario = s
	dir := filepath.Join(t.TempDir(), "busy")
	r, err := Create(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Abort)
	res := result()
	res.Instruments = []market.Instrument{{Symbol: "BTCUSDT"}, {Symbol: "ETHUSDT"}}
	eth := res.Market[0]
	eth.Symbol = "ETHUSDT"
	res.Market = append(res.Market, eth)
	recordBusySteps(t, r)
	res.Groups, res.Rules, res.Setups = nil, nil, 200
	res.Envelope = &replay.EnvelopeResult{Policies: []string{"nearest_first", "low_first", "high_first"}}
	random := rand.New(rand.NewPCG(1, 2))
	id := 0
	for k, rule := range s.Probes.Expand() {
		res.Groups, res.Rules = append(res.Groups, rule.Name), append(res.Rules, rule.Name)
		for setup := range int32(200) {
			row := replay.AccountRow{ID: risk.AccountID(id), Group: rule.Name, Rule: rule.Name, Setup: setup, Symbol: "BTCUSDT", Side: market.Long, Leverage: market.Rate(5+5*k) * market.Scale,
				EntryTime: epoch + market.Time(setup)*30*market.Second, EntryPrice: p("98"), Size: market.Scale, Deposit: q("1000"), Margin: q("1000"), Outcome: replay.OutcomeOpen, PnL: market.Quote(random.IntN(400)-200) * market.Scale}
			switch end := random.IntN(6); {
			case end < k:
				row.Outcome, row.PnL = replay.OutcomeLiquidated, q("-990")
			case end == 5 && !rule.Stop.IsNone():
				row.Outcome, row.PnL = replay.OutcomeStopped, q("-50")
			case end == 4:
				row.Outcome = replay.OutcomeClosed
			}
			if row.Outcome != replay.OutcomeOpen {
				row.OutcomeTime, row.OutcomePrice = row.EntryTime+market.Time(1+random.IntN(1200))*market.Second, p("97")
			}
			id++
			if k == 0 && setup < 100 {
				row.Group, row.Rule, row.Setup = replay.CrowdGroup, "", replay.CrowdSetup
			}
			if err := r.Account(&row); err != nil {
				t.Fatal(err)
			}
		}
		res.Envelope.Groups = append(res.Envelope.Groups, replay.EnvelopeGroup{Name: rule.Name, Accounts: 200, Liquidated: []int{20 * k, 20*k + 5, 20*k + 3}, Differ: 6})
	}
	res.Groups = append(res.Groups, replay.CrowdGroup)
	res.Pairs = s.Pairs()
	if _, err := r.Commit(res); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, HTMLFile)
}

// recordBusySteps tells a run of two instruments' prices, and of what was forced in the first.
func recordBusySteps(t *testing.T, r *Run) {
	t.Helper()
	for _, e := range events() {
		if err := r.Event(&e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range market.Time(480) {
		for instrument := range market.InstrumentID(2) {
			last := p("100") - market.Price(i%97)*market.Scale/10
			s := replay.Step{Time: epoch + i*15*market.Second, Phase: uint8(i % 4), Instrument: instrument, Mark: last + 1, Last: last,
				OpenInterest: market.Qty(500-i/2) * market.Scale, Fund: q("1000") - q("0.25")*market.Quote(i)}
			if err := r.Step(&s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var allCharts = []string{"market", "market", "fund", "survival", "incidence", "frontier", "liquidationMap", "shortfallMap", "leverageFan", "entryFan", "reached", "envelope"}

// Every chart is drawn, in light, dark and print, without an error on the console and without asking for anything.
func TestChartsInABrowser(t *testing.T) {
	b := newBrowser(t)
	page, err := os.ReadFile(busyRun(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// What the browser does by itself, and that this test would notice an error and a request.
	_, console, asked := b.open(t, write("control.html", `<!DOCTYPE html><img src="http://example.invalid/control"><script>console.error("control")</script>`), "--dump-dom")
	if len(console) == 0 || !slices.Contains(asked, "GET example.invalid/control") {
		t.Fatalf("the control's error (%q) or request (%q) went unnoticed", console, asked)
	}
	if strings.Contains(string(page), "google") {
		t.Error("the page names what requests of the browser itself are told by")
	}
	whole := strings.Replace(string(page), "</body>", probeScript+"</body>", 1)
	path := write("report.html", whole)
	for _, c := range []struct{ name, flag, background string }{
		{"light", "--blink-settings=preferredColorScheme=1", "rgb(252, 252, 251)"}, {"dark", "--blink-settings=preferredColorScheme=0", "rgb(20, 23, 28)"}} {
		t.Run(c.name, func(t *testing.T) {
			document, console, asked := b.open(t, path, c.flag, "--dump-dom")
			quiet(t, console, asked)
			found := regexp.MustCompile(`(?s)<pre id="probe">(.*?)</pre>`).FindStringSubmatch(document)
			if found == nil {
				t.Fatal("the probe wrote nothing: the page's scripts did not run")
			}
			seen := drawn(t, html.UnescapeString(found[1]))
			for _, chart := range seen.Charts {
				if chart.Tips == 0 {
					t.Errorf("chart %s says nothing to a pointer", chart.Kind)
				}
			}
			if seen.Background != c.background || seen.Ink == "" || seen.Ink == seen.Background {
				t.Errorf("background %s with ink %s; expected a background of %s", seen.Background, seen.Ink, c.background)
			}
		})
	}
	t.Run("print", func(t *testing.T) {
		pdf := filepath.Join(dir, "report.pdf")
		_, console, asked := b.open(t, path, "--blink-settings=preferredColorScheme=0", "--print-to-pdf="+pdf)
		said := strings.Join(console, "\n")
		found := regexp.MustCompile(`PROBE(\{.*?\})END`).FindStringSubmatch(said)
		if found == nil {
			t.Fatalf("no word before printing:\n%s", said)
		}
		for _, c := range drawn(t, found[1]).Charts {
			if c.Width > 700 {
				t.Errorf("chart %s is %v wide on a page of 700", c.Kind, c.Width)
			}
		}
		quiet(t, slices.DeleteFunc(console, func(line string) bool { return strings.Contains(line, "PROBE") }), asked)
		if info, err := os.Stat(pdf); err != nil || info.Size() < 50_000 {
			t.Errorf("printed to %v (%v); expected a document of many pages", info, err)
		}
	})
	t.Run("without scripts", func(t *testing.T) {
		// A page whose policy runs no script stands for a reader who runs none.
		still := strings.Replace(string(page), "script-src 'unsafe-inline'; ", "", 1)
		document, _, asked := b.open(t, write("still.html", still), "--dump-dom")
		quiet(t, nil, asked)
		if strings.Contains(document, `data-drawn="true"`) || strings.Contains(document, ` live"`) {
			t.Error("a script ran; expected none")
		}
		for _, want := range []string{`id="market-BTCUSDT"`, "half have ended after", "Probability of having ended in each way", "P&amp;L by time of entry", "depends on the path", "adverse, median"} {
			if !strings.Contains(document, want) {
				t.Errorf("the page without scripts lacks %q", want)
			}
		}
	})
}

// quiet checks that a page said and asked nothing.
func quiet(t *testing.T, console, asked []string) {
	t.Helper()
	if len(console) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(console, "\n"))
	}
	if len(asked) > 0 {
		t.Errorf("the page asks the network: %v", asked)
	}
}

// drawn reads what the probe found and checks every chart.
func drawn(t *testing.T, text string) probed {
	t.Helper()
	var seen probed
	if err := json.Unmarshal([]byte(text), &seen); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	var kinds []string
	for _, c := range seen.Charts {
		kinds = append(kinds, c.Kind)
		if c.Width < 200 || c.Height < 100 || c.Shapes < 5 || c.Words < 4 || c.Broken > 0 || c.Still {
			t.Errorf("chart not drawn well: %+v", c)
		}
	}
	slices.Sort(kinds)
	want := slices.Sorted(slices.Values(allCharts))
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("charts %v; expected %v", kinds, want)
	}
	return seen
}
