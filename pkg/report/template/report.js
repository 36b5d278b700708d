(function () {
  "use strict";
  document.documentElement.classList.add("js");
  var money = function (v) {
    var a = Math.abs(v), u = [[1e9, "bn"], [1e6, "m"], [1e3, "k"]];
    for (var i = 0; i < u.length; i++) if (a >= u[i][0]) return (v / u[i][0]).toPrecision(3) + u[i][1];
    return String(Math.round(v));
  };

  // One market figure at a time, by button.
  var figures = document.querySelectorAll(".market"), buttons = document.querySelectorAll(".pick button");
  var show = function (symbol) {
    figures.forEach(function (f) { f.classList.toggle("shown", f.dataset.symbol === symbol); });
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.symbol === symbol)); });
  };
  buttons.forEach(function (b) { b.addEventListener("click", function () { show(b.dataset.symbol); }); });

  // The crosshair reads the bucket under the pointer.
  figures.forEach(function (f) {
    var d = JSON.parse(f.querySelector("script").textContent), svg = f.querySelector("svg");
    var cross = f.querySelector(".cross"), tip = f.querySelector(".tip");
    var hide = function () { cross.style.visibility = tip.style.visibility = "hidden"; };
    svg.addEventListener("pointermove", function (e) {
      var box = svg.getBoundingClientRect(), x = (e.clientX - box.left) / box.width * 960;
      var i = Math.floor((x - d.left) / (d.right - d.left) * d.buckets), r = d.rows[i];
      if (!r) { hide(); return; }
      var at = d.left + (i + 0.5) / d.buckets * (d.right - d.left);
      cross.setAttribute("x1", at); cross.setAttribute("x2", at);
      tip.textContent = new Date(d.start + i * d.width).toISOString().slice(0, 16).replace("T", " ") + " UTC\nlast " + r[0] + "  low " + r[1] + "\nmark " + r[2] +
        "\nlongs liquidated " + money(r[3]) + "\nshorts liquidated " + money(r[4]) + "\nopen interest " + money(r[5]);
      var left = e.clientX - f.getBoundingClientRect().left;
      tip.style.left = (left > box.width * 0.6 ? left - tip.offsetWidth - 14 : left + 14) + "px";
      tip.style.top = e.clientY - f.getBoundingClientRect().top + 10 + "px";
      cross.style.visibility = tip.style.visibility = "visible";
    });
    svg.addEventListener("pointerleave", hide);
  });

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
