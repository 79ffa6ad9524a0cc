// Asks for the font of the text before any stylesheet has said so: it is mostly there when the first words are drawn.
// Not on a disk, where browsers let only stylesheets ask for fonts.
(() => {
  if (location.protocol === "file:") return;
  const href = new URL("vendor/inter-latin.woff2", document.currentScript.src).href;
  document.head.append(
    Object.assign(document.createElement("link"), { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href }),
  );
})();
