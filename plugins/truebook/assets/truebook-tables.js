// Tables that truebook filled can be sorted by their headers. Without this script they stand in the order of the page.
(() => {
  // The worst comes first, as operators look for it.
  const KINDS = ["degraded", "missing", "outofsync", "progressing", "suspended", "unknown", "healthy"];
  const words = new Intl.Collator(document.documentElement.lang || "en", { numeric: true, sensitivity: "base" });
  const START = /^\s*BEGIN\s+truebook:(?!system\b)/i;
  const END = /^\s*END\s+truebook\b/i;

  // What a cell is sorted by: the moment it names, how bad it is, else its words. An empty one goes last.
  const key = (cell) => {
    const time = cell?.querySelector("time[datetime]");
    if (time) return Date.parse(time.dateTime);
    const badge = cell?.querySelector(".truebook-status");
    const kind = badge && KINDS.findIndex((name) => badge.classList.contains(`truebook-status--${name}`));
    if (badge && kind >= 0) return kind;
    const text = cell ? cell.textContent.trim() : "";
    return text === "—" ? "" : text;
  };

  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
  };

  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (direction === "none") rows.sort((a, b) => a.truebookPlace - b.truebookPlace);
    else {
      const sign = direction === "descending" ? -1 : 1;
      const keys = new Map(rows.map((row) => [row, key(row.cells[column])]));
      rows.sort((a, b) => {
        const [one, other] = [keys.get(a), keys.get(b)];
        const empty = one === "" || other === "";
        return (empty ? 1 : sign) * compare(one, other) || a.truebookPlace - b.truebookPlace;
      });
    }
    body.append(...rows);
  };

  const arm = (table) => {
    const head = table.tHead?.rows[0];
    const rows = table.tBodies[0]?.rows;
    if (!head || !rows || rows.length < 2 || "truebookSortable" in table.dataset) return;
    table.dataset.truebookSortable = ""; // not a class: Material styles only tables without one
    [...rows].forEach((row, place) => (row.truebookPlace = place));
    [...head.cells].forEach((header, column) => {
      if (!header.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "truebook-sort";
      button.title = "Sort by this column";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "none" }[header.getAttribute("aria-sort")] ?? "ascending";
        for (const other of head.cells) other.removeAttribute("aria-sort");
        if (next !== "none") header.setAttribute("aria-sort", next);
        sort(table, column, next);
      });
    });
  };

  // Regions are marked by comments, which stay in the page.
  const filled = function* () {
    const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
    while (comments.nextNode()) {
      if (!START.test(comments.currentNode.data)) continue;
      for (let at = comments.currentNode.nextSibling; at; at = at.nextSibling) {
        if (at.nodeType === Node.COMMENT_NODE && END.test(at.data)) break;
        if (at.nodeType !== Node.ELEMENT_NODE) continue;
        if (at.matches("table")) yield at;
        yield* at.querySelectorAll("table");
      }
    }
    yield* document.querySelectorAll(".truebook-verification table");
  };

  // A box that scrolls can be reached by keyboard, as long as it does.
  const reach = () => {
    for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
      const scrolls = box.scrollWidth > box.clientWidth;
      if (scrolls === (box.tabIndex === 0)) continue;
      if (scrolls) {
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", "Table that scrolls sideways");
      } else for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  };

  const install = () => {
    [...new Set(filled())].forEach(arm);
    requestAnimationFrame(reach); // themes put tables into boxes when the page is there
  };
  addEventListener("resize", reach);
  addEventListener("load", reach);
  document.addEventListener("change", () => requestAnimationFrame(reach)); // of a tab
  if (window.document$) window.document$.subscribe(install);
  else install();
})();
