// How old results are: told anew while a page stays open, and amber when they may no longer hold.
(() => {
  const { element } = window.truebook;

  const ago = (seconds) => {
    if (seconds < 60) return "just now";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86400)} days ago`;
  };

  const tick = (absolute = false) => {
    for (const time of document.querySelectorAll(".truebook-block > .truebook-result > summary time")) {
      const box = time.closest(".truebook-block");
      const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
      if (!time.title) time.title = time.textContent;
      // A clock that is far behind says nothing of an age.
      time.textContent = absolute === true || !(age > -300) ? time.title : ago(age);
      const stale = age > Number(box.dataset.staleAfter);
      const note = box.querySelector(".truebook-result__stale");
      if (stale && !note) {
        time.parentElement.append(element("strong", "truebook-result__stale", { textContent: "may no longer hold" }));
      } else if (!stale) note?.remove();
      box.classList.toggle("truebook-block--stale", stale);
    }
  };

  window.truebook.tick = tick;
  if (window.document$) window.document$.subscribe(() => tick());
  else tick();
  setInterval(tick, 20_000);
  document.addEventListener("visibilitychange", tick);
  addEventListener("beforeprint", () => tick(true));
  addEventListener("afterprint", tick);
})();
