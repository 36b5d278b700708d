(function () {
  "use strict";
  document.documentElement.classList.add("js");
  // One market figure at a time, by button.
  var figures = document.querySelectorAll(".market"), buttons = document.querySelectorAll(".pick button");
  var show = function (symbol) {
    figures.forEach(function (f) { f.classList.toggle("shown", f.dataset.symbol === symbol); });
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.symbol === symbol)); });
    document.dispatchEvent(new Event("shown"));
  };
  buttons.forEach(function (b) { b.addEventListener("click", function () { show(b.dataset.symbol); }); });

  // Tables sort by a click on their heading; data-v holds the value where the text is shortened.
  document.querySelectorAll("table.sort").forEach(function (table) {
    var body = table.tBodies[0], heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (th, k) {
      var b = document.createElement("button");
      b.textContent = th.textContent; th.textContent = ""; th.appendChild(b);
      b.addEventListener("click", function () {
        var up = th.getAttribute("aria-sort") !== "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        th.setAttribute("aria-sort", up ? "ascending" : "descending");
        var value = function (row) { var c = row.cells[k], v = c.dataset.v; return v === undefined ? c.textContent : v; };
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var x = value(a), y = value(b), n = parseFloat(x), m = parseFloat(y);
          var c = isNaN(n) || isNaN(m) ? (isNaN(n) && isNaN(m) ? x.localeCompare(y) : isNaN(n) ? 1 : -1) : n - m;
          return up ? c : -c;
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });
})();
