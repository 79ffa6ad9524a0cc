// A page that nobody builds again grows old while it is read: past the age that the site allows, its line says so.
(() => {
  const look = () => {
    for (const line of document.querySelectorAll(".truebook-freshness[data-stale-after]")) {
      const age = (Date.now() - Date.parse(line.dataset.recordedAt)) / 1000;
      if (!(age <= Number(line.dataset.staleAfter))) {
        line.classList.add("truebook-freshness--stale");
        line.querySelector(".truebook-freshness__age").hidden = false;
      }
    }
  };
  look();
  setInterval(look, 60_000);
})();
