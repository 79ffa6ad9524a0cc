// Browsers start no worker for a page that was opened from a disk. There, and only there, the search gets a frame in
// place of one: its own global scope, the same messages. Unlike with `document.write`, no script stands within the page.
(() => {
  if (location.protocol !== "file:") return;

  class FrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const scope = this.frame.contentWindow;
      const load = (src) =>
        new Promise((done, failed) => {
          const script = scope.document.createElement("script");
          Object.assign(script, { src, onload: done, onerror: failed });
          scope.document.body.append(script);
        });
      scope.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        this.onmessage?.(event);
      };
      scope.importScripts = (...urls) => urls.reduce((before, next) => before.then(() => load(next)), Promise.resolve());
      this.ready = load(String(url));
    }

    postMessage(data) {
      const { contentWindow: scope } = this.frame;
      this.ready.then(() => scope.dispatchEvent(new scope.MessageEvent("message", { data: structuredClone(data) })));
    }

    terminate() {
      this.frame.remove();
    }
  }

  window.Worker = FrameWorker;
})();
