// What pages say to their readers, and the clipboard. Other scripts of this folder find it in `window.truebook`.
(() => {
  const element = (name, className, properties = {}) =>
    Object.assign(document.createElement(name), { className, ...properties });

  const voice = element("div", "truebook-said", { role: "status" });
  voice.setAttribute("aria-live", "polite");
  let silence;

  const say = (text, offer) => {
    if (!voice.isConnected) document.body.append(voice);
    clearTimeout(silence);
    voice.replaceChildren(element("span", "", { textContent: text }));
    if (offer) {
      const button = element("button", "", { type: "button", textContent: offer.label });
      button.addEventListener("click", () => {
        hush();
        offer.act();
      });
      voice.append(button);
    }
    voice.classList.add("truebook-said--now");
    silence = setTimeout(hush, offer ? 12_000 : 5_000);
  };

  const hush = () => voice.classList.remove("truebook-said--now");

  const put = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Pages that come over plain HTTP have no such clipboard.
    }
    const area = element("textarea", "truebook-away", { value: text, readOnly: true });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    return done;
  };

  window.truebook = { ...window.truebook, element, say, hush, put };
})();
