// Filters the table of the page Verification by words and by result, and opens the tab of a block that a link leads to.
// Without this script the table is whole, and such a link leads to its page.
(() => {
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.matches(".truebook-block")) return;
    let opened = false;
    for (let box = target.closest(".tabbed-block"); box; box = box.parentElement.closest(".tabbed-block")) {
      const place = [...box.parentElement.children].indexOf(box);
      const input = box.closest(".tabbed-set").querySelectorAll(":scope > input")[place];
      opened ||= !input.checked;
      input.checked = true;
    }
    if (opened) target.scrollIntoView();
  };

  const install = () => {
    for (const place of document.querySelectorAll(".truebook-verification")) {
      const table = place.querySelector("table");
      if (!table || place.querySelector(".truebook-filter")) continue;
      const rows = [...table.tBodies[0].rows];
      const result = (row) => row.cells[1].textContent.trim();
      const form = document.createElement("form");
      form.className = "truebook-filter";
      const words = document.createElement("input");
      words.type = "search";
      words.placeholder = "Filter by page, heading or reason";
      words.setAttribute("aria-label", words.placeholder);
      const select = document.createElement("select");
      select.setAttribute("aria-label", "Result");
      select.append(new Option("All results", ""));
      for (const name of [...new Set(rows.map(result))].sort()) select.append(new Option(name, name));
      const count = document.createElement("output");
      const look = () => {
        const wanted = words.value.trim().toLowerCase();
        let shown = 0;
        for (const row of rows) {
          const fits = (!select.value || result(row) === select.value) && row.textContent.toLowerCase().includes(wanted);
          row.hidden = !fits;
          shown += fits;
        }
        count.value = `${shown} of ${rows.length}`;
      };
      form.append(words, select, count);
      form.addEventListener("input", look);
      form.addEventListener("submit", (event) => event.preventDefault());
      place.prepend(form);
      look();
    }
  };
  const start = () => {
    install();
    reveal();
  };
  addEventListener("hashchange", reveal);
  if (window.document$) window.document$.subscribe(start);
  else start();
})();
