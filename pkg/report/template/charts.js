// The charts that the library draws, each from the JSON beside it. Colors are the page's variables, so that a chart follows
// light, dark and print without being drawn again. Without this script the page has its tables and still figures.
(function () {
  "use strict";
  var INK = "var(--ink)", SOFT = "var(--soft)", GRID = "var(--grid)", CARD = "var(--card)", RULE = "var(--rule)";
  var FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';
  document.documentElement.classList.add("js");

  // Words.
  var escape = function (s) { return String(s).replace(/[&<>"']/g, function (c) { return "&#" + c.charCodeAt(0) + ";"; }); };
  var percent = function (v, digits) { return v === null ? "–" : v === 0 ? "0%" : v < 0.00095 ? Number((100 * v).toFixed(3)) + "%" : (100 * v).toFixed(digits === undefined ? 1 : digits) + "%"; };
  var money = function (v) {
    if (v === null || v === undefined) return "–";
    var a = Math.abs(v), sign = v < 0 ? "−" : "", units = [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"]];
    for (var i = 0; i < units.length; i++) if (a >= units[i][0] * 0.9995) return sign + Number((a / units[i][0]).toPrecision(3)) + units[i][1];
    return sign + Number(a.toPrecision(3));
  };
  var count = function (n) { return n.toLocaleString("en-US"); };
  var duration = function (s) {
    if (s < 60) return Math.round(s) + "s";
    if (s < 3600) return Math.round(s / 60) + "m";
    if (s < 86400) return Math.floor(s / 3600) + "h" + (s % 3600 >= 60 ? " " + Math.floor(s % 3600 / 60) + "m" : "");
    return Math.floor(s / 86400) + "d" + (s % 86400 >= 3600 ? " " + Math.floor(s % 86400 / 3600) + "h" : "");
  };
  var utc = function (ms) { return new Date(ms).toISOString().slice(0, 16).replace("T", " ") + " UTC"; };
  var color = function (i) { return "var(--s" + i % 8 + ")"; };

  // Pieces of options.
  var axis = function (more) {
    var a = { axisLine: { show: true, onZero: false, lineStyle: { color: SOFT } }, axisTick: { lineStyle: { color: SOFT } }, axisLabel: { color: SOFT, fontFamily: FONT, hideOverlap: true },
      splitLine: { show: true, lineStyle: { color: GRID } }, nameTextStyle: { color: INK, fontFamily: FONT, fontWeight: 600 }, nameLocation: "middle", nameGap: 32 };
    for (var k in more) a[k] = k === "axisLabel" ? Object.assign(a[k], more[k]) : more[k];
    return a;
  };
  // The name of a vertical axis stands above it.
  var upright = function (name, more) {
    return axis(Object.assign({ type: "value", name: name, nameLocation: "end", nameGap: 10, axisLine: { show: false, onZero: false }, axisTick: { show: false },
      nameTextStyle: { color: INK, fontFamily: FONT, fontWeight: 600, align: "left", padding: [0, 0, 0, -52] } }, more));
  };
  var tooltip = function (formatter, trigger) {
    return { trigger: trigger || "axis", confine: true, transitionDuration: 0, backgroundColor: CARD, borderColor: RULE, formatter: formatter,
      textStyle: { color: INK, fontSize: 12.5, fontFamily: FONT }, axisPointer: { type: "line", lineStyle: { color: SOFT, type: "dashed" } } };
  };
  // A legend in as many lines as its names need, up to five; more of them are paged.
  var legendLines = function (names, width) {
    return Math.ceil(names.reduce(function (sum, n) { return sum + 36 + 7 * n.length; }, 0) / Math.max(100, width - 90));
  };
  var legend = function (names, width) {
    return { type: legendLines(names, width) > 5 ? "scroll" : "plain", top: 0, left: 50, right: 20, data: names, textStyle: { color: SOFT, fontFamily: FONT }, inactiveColor: RULE,
      inactiveBorderColor: RULE, pageTextStyle: { color: SOFT }, pageIconColor: INK, pageIconInactiveColor: RULE, itemHeight: 9, itemWidth: 18, itemGap: 12 };
  };
  var below = function (names, width) { var n = legendLines(names, width); return 42 + 22 * (n > 5 ? 1 : n); };
  // Frames stay where they are put, so that panels above each other share their times however wide their words are.
  var base = function (option) {
    [].concat(option.grid || []).forEach(function (g) { g.outerBoundsMode = "none"; });
    return Object.assign({ animation: false, useUTC: true, textStyle: { fontFamily: FONT, color: SOFT } }, option);
  };
  var line = function (name, points, c, more) {
    return Object.assign({ name: name, type: "line", data: points, symbol: "none", lineStyle: { color: c, width: 1.7 }, itemStyle: { color: c },
      emphasis: { disabled: true }, connectNulls: false, z: 3 }, more);
  };
  // A band between two curves: an unseen line, and what is to be added to it as an area.
  var band = function (id, name, xs, low, high, c, opacity, more) {
    var common = { name: name, type: "line", stack: id, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { width: 0, opacity: 0 },
      itemStyle: { color: c }, emphasis: { disabled: true }, tooltip: { show: false }, z: 2 };
    var height = high.map(function (h, i) { return h === null || low[i] === null ? null : h - low[i]; });
    return [Object.assign({}, common, { data: zip(xs, low) }, more), Object.assign({}, common, { data: zip(xs, height), areaStyle: { color: c, opacity: opacity } }, more)];
  };
  var zip = function (xs, ys) { return ys.map(function (y, i) { return [xs[i], y]; }); };
  var zero = function (direction) {
    var at = {};
    at[direction] = 0;
    return { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: SOFT, type: "solid", width: 1 }, data: [at] };
  };
  var rows = function (head, list) { return "<b>" + escape(head) + "</b><br>" + list.map(escape).join("<br>"); };
  var zoom = function (axes, bottom) {
    return [{ type: "inside", xAxisIndex: axes, zoomOnMouseWheel: "ctrl", moveOnMouseMove: true, moveOnMouseWheel: false },
      { type: "slider", xAxisIndex: axes, bottom: bottom, height: 20, left: 70, right: 24, showDataShadow: false, showDetail: false, brushSelect: false, borderColor: RULE, backgroundColor: "none",
        fillerColor: GRID, handleStyle: { color: CARD, borderColor: SOFT }, moveHandleStyle: { color: RULE }, emphasis: { handleStyle: { borderColor: INK }, moveHandleStyle: { color: SOFT } } }];
  };
  var timeAxis = function (d, buckets, index, labels) {
    return axis({ type: "time", gridIndex: index, min: d.start, max: d.start + buckets * d.width, axisLabel: { show: labels, formatter: { day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" } }, axisTick: { show: labels, lineStyle: { color: SOFT } } });
  };

  // Each chart: what can be chosen in it, how high it is, and its option.
  var charts = {};

  charts.market = {
    height: function () { return 600; }, group: "time",
    option: function (d, choice, width) {
      var xs = d.rows.map(function (_, i) { return d.start + (i + 0.5) * d.width; });
      var pick = function (k) { return d.rows.map(function (r) { return r ? r[k] : null; }); };
      var at = function (index, s) { return Object.assign(s, { xAxisIndex: index, yAxisIndex: index }); };
      var bars = function (name, ys, c) {
        return at(1, { name: name, type: "bar", stack: "flow", data: zip(xs, ys), itemStyle: { color: c }, barMinWidth: 1, barMaxWidth: 14, emphasis: { disabled: true }, large: false });
      };
      var shorts = pick(5).map(function (v) { return v ? -v : null; }), longs = pick(4).map(function (v) { return v || null; });
      return base({
        grid: [{ left: 70, right: 24, top: 26, height: 215 }, { left: 70, right: 24, top: 279, height: 120 }, { left: 70, right: 24, top: 437, height: 90 }],
        xAxis: [0, 1, 2].map(function (i) { return timeAxis(d, d.buckets, i, i === 2); }),
        yAxis: [upright("last price, low to high", { gridIndex: 0, scale: true }),
          upright(width < 420 ? "liquidated per " + d.interval + ", longs above" : "liquidated notional per " + d.interval + ": longs above, shorts below", { gridIndex: 1, axisLabel: { formatter: function (v) { return money(Math.abs(v)); } }, splitNumber: 4 }),
          upright(width < 420 ? "simulated open interest, base" : "open interest of the simulated accounts, base", { gridIndex: 2, min: 0, splitNumber: 3, axisLabel: { formatter: money } })],
        axisPointer: { link: [{ xAxisIndex: "all" }] }, dataZoom: zoom([0, 1, 2], 6),
        tooltip: tooltip(function (p) {
          var i = p[0].dataIndex, r = d.rows[i];
          if (!r) return "";
          return rows(utc(d.start + i * d.width), ["last " + (r[0] === null ? "–" : r[0]) + ", low " + (r[1] === null ? "–" : r[1]) + ", high " + (r[2] === null ? "–" : r[2]), "mark " + (r[3] === null ? "–" : r[3]),
            "longs liquidated " + money(r[4]), "shorts liquidated " + money(r[5]), "open interest " + money(r[6])]);
        }),
        series: band("range", "range", xs, pick(1), pick(2), "var(--range)", 0.75).map(function (s) { return at(0, s); }).concat([
          at(0, line("last", zip(xs, pick(0)), "var(--price)", { lineStyle: { color: "var(--price)", width: 1.3 } })),
          bars("longs", longs, "var(--long)"), bars("shorts", shorts, "var(--short)"),
          at(2, line("open interest", zip(xs, pick(6)), "var(--interest)"))])
      });
    }
  };

  charts.fund = {
    height: function () { return 372; }, group: "time",
    option: function (d, choice, width) {
      var xs = d.rows.map(function (_, i) { return d.start + (i + 0.5) * d.width; });
      var pick = function (k) { return d.rows.map(function (r) { return r ? r[k] : null; }); };
      var closed = pick(2).map(function (v) { return v || null; }), last = pick(1);
      var largest = last.reduce(function (m, v) { return Math.max(m, Math.abs(v || 0)); }, 0);
      // A fund of billions may move by thousands: labels with as many digits as tell them apart.
      var unit = [[1e9, "bn"], [1e6, "m"], [1e3, "k"]].filter(function (u) { return largest >= u[0]; })[0] || [1, ""];
      var label = function (v) { return String(Number((v / unit[0]).toFixed(8))).replace("-", "−") + unit[1]; };
      return base({
        grid: [{ left: 88, right: 24, top: 26, height: 160 }, { left: 88, right: 24, top: 224, height: 80 }],
        xAxis: [timeAxis(d, d.rows.length, 0, false), timeAxis(d, d.rows.length, 1, true)],
        yAxis: [upright("insurance fund, quote", { scale: true, axisLabel: { formatter: label }, splitNumber: 4 }),
          upright((width < 420 ? "auto-deleveraged per " : "auto-deleveraged notional per ") + d.interval + (closed.some(Boolean) ? "" : ": nothing"), { gridIndex: 1, min: 0, splitNumber: 2, axisLabel: { formatter: money } })],
        axisPointer: { link: [{ xAxisIndex: "all" }] }, dataZoom: zoom([0, 1], 6).map(function (z) { return z.type === "slider" ? Object.assign(z, { left: 88 }) : z; }),
        tooltip: tooltip(function (p) {
          var i = p[0].dataIndex, r = d.rows[i];
          return r ? rows(utc(d.start + i * d.width), ["fund " + (r[1] === null ? "–" : count(r[1])) + ", low " + (r[0] === null ? "–" : count(r[0])), "auto-deleveraged " + money(r[2])]) : "";
        }),
        series: band("fund", "range", xs, pick(0), last, "var(--fund)", 0.25).concat([line("fund", zip(xs, last), "var(--fund)", { step: "end" }),
          { name: "adl", type: "bar", xAxisIndex: 1, yAxisIndex: 1, data: zip(xs, closed), itemStyle: { color: "var(--adl)" }, barMinWidth: 1, barMaxWidth: 14, emphasis: { disabled: true } }])
      });
    }
  };

  var sinceEntry = function (more) {
    return axis(Object.assign({ type: "value", name: "time since entry", axisLabel: { formatter: duration } }, more));
  };
  var shares = function (name) { return upright(name, { min: 0, max: 1, axisLabel: { formatter: function (v) { return percent(v, 0); } } }); };
  // Ticks of a time axis in seconds that people read.
  var pace = function (last) {
    var steps = [10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 7776000, 31536000];
    for (var i = 0; i < steps.length; i++) if (last / steps[i] <= 12) return steps[i];
    return steps[steps.length - 1];
  };

  charts.survival = {
    height: function (d) { return 318 + below(d.groups.map(function (g) { return g.name; }), 1000); },
    option: function (d, choice, width) {
      var last = d.seconds[d.seconds.length - 1], series = [], bands = d.groups.length <= 8;
      var names = d.groups.map(function (g) { return g.name; });
      d.groups.forEach(function (g, i) {
        if (bands) series = series.concat(band("band" + i, g.name, d.seconds, g.low, g.high, color(i), 0.13, { step: "end" }));
        series.push(line(g.name, zip(d.seconds, g.estimate), color(i), { step: "end", lineStyle: { color: color(i), width: 1.8, type: i >= 8 ? "dashed" : "solid" } }));
      });
      return base({
        grid: { left: 70, right: 24, top: below(names, width), bottom: 52 }, legend: legend(names, width),
        xAxis: sinceEntry({ min: 0, max: last, interval: pace(last), axisLabel: { formatter: duration, showMaxLabel: last % pace(last) === 0 } }), yAxis: shares("not yet liquidated"), series: series,
        tooltip: tooltip(function (p) {
          var i = p[0].dataIndex, shown = {};
          p.forEach(function (q) { shown[q.seriesName] = true; });
          return rows("after " + duration(d.seconds[i]), d.groups.filter(function (g) { return shown[g.name]; }).map(function (g) {
            return g.name + ": " + (g.estimate[i] === null ? "nobody watched so long" : percent(g.estimate[i]) + " (" + percent(g.low[i]) + " to " + percent(g.high[i]) + "), at risk " + count(g.risk[i]));
          }));
        })
      });
    }
  };

  charts.incidence = {
    // The group that was liquidated most is shown first.
    first: function (d) {
      var most = d.causes.findIndex(function (c) { return c.name === "liquidated"; }), at = 0, high = -1;
      d.groups.forEach(function (g, i) {
        var v = Math.max.apply(null, g.incidence[Math.max(most, 0)]);
        if (v > high) { high = v; at = i; }
      });
      return at;
    },
    height: function () { return 340; },
    choices: function (d) { return d.groups.map(function (g) { return g.name; }); },
    option: function (d, choice, width) {
      var g = d.groups[choice], last = d.seconds[d.seconds.length - 1];
      return base({
        grid: { left: 70, right: 24, top: 62, bottom: 52 }, legend: legend(d.causes.map(function (c) { return c.label; }), width),
        xAxis: sinceEntry({ min: 0, max: last, interval: pace(last), axisLabel: { formatter: duration, showMaxLabel: last % pace(last) === 0 } }), yAxis: shares("ended by then"),
        series: d.causes.map(function (c, k) {
          var fill = "var(--o-" + c.name + ")";
          return line(c.label, zip(d.seconds, g.incidence[k]), fill, { step: "end", stack: "ends", areaStyle: { color: fill, opacity: 0.9 }, lineStyle: { width: 0 } });
        }),
        tooltip: tooltip(function (p) {
          var i = p[0].dataIndex;
          return rows("after " + duration(d.seconds[i]), d.causes.map(function (c, k) { return c.label + " " + percent(g.incidence[k][i]); }).concat(["at risk " + count(g.risk[i])]));
        })
      });
    }
  };

  var quantiles = function (xs, q, c) {
    return band("wide", "5% to 95%", xs, q[0], q[4], c, 0.2).concat(band("middle", "25% to 75%", xs, q[1], q[3], c, 0.35))
      .concat([line("median", zip(xs, q[2]), c, { symbol: "circle", symbolSize: 5, markLine: zero("yAxis") })]);
  };
  var quantileRows = function (q, i, n) {
    return ["95%: " + money(q[4][i]), "75%: " + money(q[3][i]), "median: " + money(q[2][i]), "25%: " + money(q[1][i]), "5%: " + money(q[0][i]), count(n) + " entries"];
  };

  charts.entryFan = {
    height: function () { return 330; },
    choices: function (d) { return d.rules.map(function (r) { return r.name; }); },
    option: function (d, choice, width) {
      var r = d.rules[choice];
      return base({
        grid: { left: 70, right: 24, top: 34, bottom: 34 }, yAxis: upright("P&L, quote", { axisLabel: { formatter: money } }),
        xAxis: axis({ type: "time", axisLabel: { formatter: { day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" } } }), series: quantiles(r.time, r.q, color(0)),
        tooltip: tooltip(function (p) { var i = p[0].dataIndex; return rows("entered about " + utc(r.time[i]), quantileRows(r.q, i, r.n[i])); })
      });
    }
  };

  // The lines of a grid: for each plane and stop, its cells by leverage.
  var gridLines = function (d) {
    var list = [];
    d.planes.forEach(function (p) {
      d.stops.forEach(function (stop, y) {
        var cells = p.cells.filter(function (c) { return c.y === y; }).sort(function (a, b) { return a.x - b.x; });
        if (cells.length > 2) list.push({ name: stop === "no stop" ? stop : "stop " + stop, plane: p.name, cells: cells });
      });
    });
    return list.map(function (l) { if (d.planes.length > 1) l.name += ", " + l.plane; return l; });
  };
  charts.leverageFan = {
    height: function () { return 330; },
    choices: function (d) { return gridLines(d).map(function (l) { return l.name; }); },
    option: function (d, choice, width) {
      var cells = gridLines(d)[choice].cells, xs = cells.map(function (c) { return d.leverages[c.x]; });
      var q = [0, 1, 2, 3, 4].map(function (k) { return cells.map(function (c) { return c.q[k]; }); });
      return base({
        grid: { left: 70, right: 24, top: 34, bottom: 50 }, yAxis: upright("P&L, quote", { axisLabel: { formatter: money } }),
        xAxis: axis({ type: "category", data: xs, boundaryGap: false, name: "leverage" }), series: quantiles(xs, q, color(0)),
        tooltip: tooltip(function (p) { var i = p[0].dataIndex; return rows(cells[i].rule, quantileRows(q, i, cells[i].n)); })
      });
    }
  };

  // Maps have their own colors, the same by day and by night: what they say is in the shade, and the figure is in the cell.
  var shade = function (share) {
    var stops = [[237, 242, 247], [244, 190, 120], [163, 50, 11]], at = Math.max(0, Math.min(1, share)) * 2, i = Math.min(1, Math.floor(at)), f = at - i;
    var c = stops[i].map(function (v, k) { return Math.round(v + f * (stops[i + 1][k] - v)); });
    return { fill: "rgb(" + c.join(",") + ")", text: (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]) > 140 ? "#14181d" : "#ffffff" };
  };
  var map = function (value, depth, print) {
    return {
      height: function (d) { return 96 + 44 * d.stops.length; },
      choices: function (d) { return d.planes.length > 1 ? d.planes.map(function (p) { return p.name; }) : null; },
      option: function (d, choice, width) {
        var cells = d.planes[choice || 0].cells;
        var values = cells.map(value).filter(function (v) { return v !== null; }), low = Math.min.apply(null, values), high = Math.max.apply(null, values);
        // Words that a cell has no room for are left to the pointer.
        var room = (width - 112) / d.leverages.length - 4;
        return base({
          grid: { left: 96, right: 16, top: 8, bottom: 52 },
          xAxis: axis({ type: "category", data: d.leverages, name: "leverage", splitLine: { show: false } }),
          yAxis: axis({ type: "category", data: d.stops, axisLabel: { width: 84, overflow: "truncate" }, splitLine: { show: false } }),
          tooltip: tooltip(function (p) {
            var c = cells[p.dataIndex];
            return rows(c.rule, ["liquidated " + percent(c.p) + " (" + percent(c.low) + " to " + percent(c.high) + ")", "worst 5%: " + money(c.es), count(c.n) + " entries"]);
          }, "item"),
          series: [{ type: "heatmap", emphasis: { disabled: true }, data: cells.map(function (c) {
            var v = value(c), s = v === null ? { fill: "none", text: SOFT } : shade(depth(v, low, high)), word = print(v), size = 7.4 * word.length > room ? 10 : 12.5;
            return { value: [c.x, c.y, v], itemStyle: { color: s.fill, borderColor: CARD, borderWidth: 2 },
              label: { show: 0.6 * size * word.length <= room, color: s.text, fontFamily: FONT, fontSize: size, formatter: word } };
          }) }]
        });
      }
    };
  };
  charts.liquidationMap = map(function (c) { return c.p; }, function (v) { return v; }, function (v) { return percent(v); });
  charts.shortfallMap = map(function (c) { return c.es; }, function (v, low, high) { return high === low ? 0.5 : (high - v) / (high - low); }, money);

  // Places names beside points where they meet neither points nor names placed before; those without a place stay off.
  var placeNames = function (points, frame) {
    var taken = points.map(function (p) { return [p.x - 7, p.y - 7, p.x + 7, p.y + 7]; });
    return points.map(function (p, k) {
      var w = 6.6 * p.name.length, h = 14;
      var sides = { right: [p.x + 9, p.y - h / 2], left: [p.x - 9 - w, p.y - h / 2], top: [p.x - w / 2, p.y - 9 - h], bottom: [p.x - w / 2, p.y + 9] };
      return Object.keys(sides).find(function (side) {
        var x = sides[side][0], y = sides[side][1], box = [x, y, x + w, y + h];
        var free = x >= frame[0] && y >= frame[1] && box[2] <= frame[2] && box[3] <= frame[3] && taken.every(function (o, i) {
          return i === k || box[0] >= o[2] || box[2] <= o[0] || box[1] >= o[3] || box[3] <= o[1];
        });
        if (free) taken.push(box);
        return free;
      });
    });
  };
  var bounds = function (values, room) {
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), span = high - low || Math.abs(high) || 1;
    return { low: low - span * 0.07, high: high + span * room };
  };
  charts.frontier = {
    height: function () { return 420; },
    option: function (d, choice, width) {
      // Efficient rules first: their names get the places.
      var points = d.points.filter(function (p) { return p.efficient; }).sort(function (a, b) { return a.es - b.es; });
      var efficient = points.length;
      points = points.concat(d.points.filter(function (p) { return !p.efficient; }));
      var x = bounds(points.map(function (p) { return p.es; }), 0.12), y = bounds(points.map(function (p) { return p.mean; }), 0.12);
      var frame = [76, 34, width - 24, 368];
      var sides = placeNames(points.map(function (p) {
        return { name: p.name, x: frame[0] + (p.es - x.low) / (x.high - x.low) * (frame[2] - frame[0]), y: frame[3] - (p.mean - y.low) / (y.high - y.low) * (frame[3] - frame[1]) };
      }), frame);
      var marks = points.map(function (p, i) {
        return { value: [p.es, p.mean], point: p, label: { show: sides[i] !== undefined, formatter: function () { return p.name; }, position: sides[i] || "right", color: i < efficient ? INK : SOFT, fontFamily: FONT, fontSize: 11.5 } };
      });
      var ends = { formatter: money, showMinLabel: false, showMaxLabel: false };
      return base({
        grid: { left: frame[0], right: 24, top: frame[1], bottom: 52 },
        xAxis: axis({ type: "value", min: x.low, max: x.high, name: "mean of the worst 5%, quote", axisLabel: ends }),
        yAxis: upright("mean P&L, quote", { min: y.low, max: y.high, axisLabel: ends }),
        tooltip: tooltip(function (p) {
          var q = p.data.point;
          return rows(q.name, ["mean " + money(q.mean), "worst 5%: " + money(q.es), count(q.n) + " entries", q.efficient ? "no rule beats it in both" : "another rule beats it in both"]);
        }, "item"),
        series: [line("frontier", marks.slice(0, efficient), color(0), { symbol: "circle", symbolSize: 10, lineStyle: { color: color(0), width: 1.4 } }),
          { type: "scatter", data: marks.slice(efficient), symbol: "diamond", symbolSize: 11, itemStyle: { color: CARD, borderColor: SOFT, borderWidth: 2 }, emphasis: { disabled: true }, z: 4 }]
      });
    }
  };

  charts.reached = {
    height: function () { return 340; },
    choices: function (d) { return d.groups.map(function (g) { return g.name; }); },
    option: function (d, choice, width) {
      var g = d.groups[choice], series = [];
      [["winners", g.winners, "var(--ok)"], ["losers", g.losers, "var(--long)"]].forEach(function (c) {
        if (!c[1].n) return;
        series = series.concat(band(c[0], c[0], d.distances, c[1].low, c[1].high, c[2], 0.16));
        series.push(line(c[0], zip(d.distances, c[1].estimate), c[2]));
      });
      return base({
        grid: { left: 70, right: 24, top: 62, bottom: 52 }, legend: legend(series.filter(function (s) { return !s.stack; }).map(function (s) { return s.name; }), width),
        xAxis: axis({ type: "value", name: "maximum adverse excursion of at least, share of the entry price", min: 0, max: d.distances[d.distances.length - 1], axisLabel: { showMaxLabel: false, formatter: function (v) { return Number((100 * v).toFixed(3)) + "%"; } } }),
        yAxis: shares("share of them"), series: series,
        tooltip: tooltip(function (p) {
          var i = p[0].dataIndex, say = function (name, c) { return name + " " + (c.n ? percent(c.estimate[i]) + " (" + percent(c.low[i]) + " to " + percent(c.high[i]) + ") of " + count(c.n) : "none"); };
          return rows(percent(d.distances[i], 2) + " or farther against", [say("winners", g.winners), say("losers", g.losers)]);
        })
      });
    }
  };

  charts.envelope = {
    height: function (d) { return 100 + 28 * d.groups.length; },
    option: function (d, choice, width) {
      var names = d.groups.map(function (g) { return g.name; }), symbols = ["circle", "diamond", "triangle", "rect", "pin", "arrow"];
      var low = d.groups.map(function (g) { return Math.min.apply(null, g.shares); }), high = d.groups.map(function (g) { return Math.max.apply(null, g.shares); });
      var bar = function (data, c) { return { type: "bar", stack: "range", data: data, barWidth: 3, silent: true, itemStyle: { color: c }, emphasis: { disabled: true }, tooltip: { show: false } }; };
      return base({
        grid: { left: 170, right: 30, top: 34, bottom: 52 }, legend: legend(d.policies, width),
        xAxis: axis({ type: "value", min: 0, name: "liquidated", axisLabel: { formatter: function (v) { return Number((100 * v).toFixed(2)) + "%"; } } }),
        yAxis: axis({ type: "category", data: names, inverse: true, axisLabel: { width: 155, overflow: "truncate", interval: 0 }, splitLine: { show: false } }),
        tooltip: tooltip(function (p) {
          var g = d.groups[p[0].dataIndex];
          return rows(g.name, d.policies.map(function (q, k) { return q + ": " + percent(g.shares[k]) + " liquidated"; }).concat([percent(g.differ) + " end otherwise under at least one"]));
        }),
        series: [bar(low, "none"), bar(high.map(function (v, i) { return v - low[i]; }), SOFT)].concat(d.policies.map(function (policy, k) {
          return { name: policy, type: "scatter", symbol: symbols[k % symbols.length], symbolSize: 10, itemStyle: { color: color(k), borderColor: CARD, borderWidth: 1 }, emphasis: { disabled: true }, z: 4,
            data: d.groups.map(function (g, i) { return [g.shares[k], i]; }) };
        }))
      });
    }
  };

  // Print draws charts as wide as a page and scales what is left by the view box.
  var PAGE = 700, drawn = [], printing = false;
  addEventListener("beforeprint", function () { printing = true; drawn.forEach(function (c) { c.resize(c.paired ? PAGE / 2 : PAGE); }); });
  addEventListener("afterprint", function () { printing = false; drawn.forEach(function (c) { c.resize(); }); });

  // A chart is drawn when it is first seen to have a width, and follows its width.
  var draw = function (el) {
    var figure = el.closest("figure"), kind = charts[el.dataset.kind], data = JSON.parse(figure.querySelector("script").textContent);
    figure.classList.add("live");
    if (!el.clientWidth) { figure.classList.remove("live"); return; }
    var choices = kind.choices ? kind.choices(data) : null, choice = kind.first ? kind.first(data) : 0;
    el.style.height = kind.height(data) + "px";
    var chart = echarts.init(el, null, { renderer: "svg" });
    if (kind.group) { chart.group = kind.group; echarts.connect(kind.group); }
    // Print scales the figure by its view box.
    var fit = function () {
      var svg = el.querySelector("svg");
      if (svg) svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
    };
    chart.on("rendered", fit);
    chart.on("finished", fit);
    var set = function () { chart.setOption(kind.option(data, choice, chart.getWidth()), true); chart.getZr().flush(); fit(); };
    // A chart of time keeps its zoom and takes the names of its axes anew; the others place legends and names by width.
    var resize = function (width) {
      chart.resize({ width: width || "auto" });
      if (kind.group) chart.setOption({ yAxis: kind.option(data, choice, chart.getWidth()).yAxis });
      else set();
      chart.getZr().flush();
      fit();
    };
    if (choices && choices.length > 1) {
      var label = document.createElement("label"), select = document.createElement("select");
      label.className = "choose";
      label.append("Show", select);
      choices.forEach(function (name) { select.append(new Option(name)); });
      select.selectedIndex = choice;
      select.addEventListener("change", function () { choice = select.selectedIndex; set(); });
      el.before(label);
    }
    set();
    el.dataset.drawn = "true";
    new ResizeObserver(function () {
      if (!printing && el.clientWidth && el.clientWidth !== chart.getWidth()) resize();
    }).observe(el);
    drawn.push({ resize: resize, paired: Boolean(el.closest(".pair")) });
  };
  var drawAll = function () {
    document.querySelectorAll(".chart:not([data-drawn])").forEach(function (el) {
      try { draw(el); } catch (e) {
        el.closest("figure").classList.remove("live");
        console.error("chart " + el.dataset.kind + ": " + e.message);
      }
    });
  };
  document.addEventListener("shown", drawAll);
  document.addEventListener("DOMContentLoaded", drawAll);
  if (document.readyState !== "loading") drawAll();
})();
