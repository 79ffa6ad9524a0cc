// Filters the table of the page Verification by words and by result. Without this script the table is whole.
(() => {
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
      words.placeholder = "Filter by page, command or reason";
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
  if (window.document$) window.document$.subscribe(install);
  else install();
})();
