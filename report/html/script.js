"use strict";
// The page is complete without this: it folds, filters, and opens what a link points to.
(function () {
  var all = document.querySelectorAll("details");
  function fold(open) { all.forEach(function (d) { d.open = open; }); }
  function reveal() {
    var e = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (; e; e = e.parentElement) { if (e.tagName === "DETAILS") { e.open = true; } }
  }
  document.querySelectorAll("[data-tools]").forEach(function (t) { t.hidden = false; });
  document.querySelectorAll("[data-fold]").forEach(function (b) {
    b.addEventListener("click", function () { fold(b.dataset.fold === "open"); });
  });
  document.querySelectorAll("[data-filter]").forEach(function (b) {
    b.addEventListener("click", function () {
      var on = b.getAttribute("aria-pressed") !== "true";
      b.setAttribute("aria-pressed", String(on));
      document.querySelectorAll("[data-group]").forEach(function (g) {
        if (g.dataset.group === b.dataset.filter) { g.hidden = !on; }
      });
    });
  });
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", function () { fold(true); });
  reveal();
}());
