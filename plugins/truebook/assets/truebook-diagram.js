// Diagrams: zoom, pan, and the evidence of each arrow. Mermaid draws them; where it can't, its text is shown.
// What is drawn lies in a box that scrolls, so panning is scrolling: by finger, wheel, arrow keys or a dragged mouse.
(() => {
  const MOST = 6;
  const STEP = 1.4;
  const READABLE = 0.65; // of the size that Mermaid draws in: letters of ten pixels
  const ARROW = /L_(n\d+)_(n\d+)_\d+$/; // the id that Mermaid gives to a line between two boxes

  const element = (name, className, properties = {}) =>
    Object.assign(document.createElement(name), { className, ...properties });

  class Diagram {
    constructor(box) {
      this.box = box;
      this.source = box.textContent;
      this.scale = 1;
      this.frame = element("div", "truebook-diagram");
      box.before(this.frame);
      this.frame.append(box);
      const look = () => {
        const svg = box.querySelector(":scope > svg");
        if (!svg || this.svg === svg) return;
        if (svg.querySelector(".error-icon, .error-text") || svg.getAttribute("aria-roledescription") === "error") {
          this.readable();
        } else this.draw(svg);
      };
      this.watch = new MutationObserver(look);
      this.watch.observe(box, { childList: true });
      look();
    }

    // The text that it would have been drawn from says the same to who reads it.
    readable() {
      this.watch.disconnect();
      this.box.textContent = this.source;
      this.box.dataset.processed = "failed";
      this.frame.classList.add("truebook-diagram--text");
      this.frame.prepend(element("p", "truebook-diagram__failed", {
        textContent: "This diagram could not be drawn. Its text:",
      }));
    }

    draw(svg) {
      this.svg = svg;
      this.tools();
      this.box.tabIndex = 0;
      this.box.setAttribute("role", "group");
      this.box.setAttribute("aria-label", "Diagram. Arrow keys move it, plus and minus zoom, 0 shows all of it.");
      this.box.addEventListener("keydown", (event) => this.pressed(event));
      this.box.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(this.scale * Math.exp(-event.deltaY / 300), event);
      }, { passive: false });
      this.pinch();
      this.drag();
      this.arrows();
      this.begin();
    }

    // What would be too small to read is as wide as it has to be. Where not all of it fits, the part that most arrows
    // lead to is what is seen first.
    begin() {
      const width = this.svg.viewBox.baseVal.width;
      if (width) this.svg.style.minWidth = `${Math.floor(width * READABLE)}px`;
      const joined = new Map();
      for (const { id } of this.svg.querySelectorAll("path.flowchart-link")) {
        for (const end of ARROW.exec(id)?.slice(1) ?? []) joined.set(end, (joined.get(end) ?? 0) + 1);
      }
      const [hub] = [...joined].sort((a, b) => b[1] - a[1])[0] ?? [];
      const node = hub && this.svg.querySelector(`.node[id*="-${hub}-"]`);
      if (!node) return;
      const [box, at] = [this.box.getBoundingClientRect(), node.getBoundingClientRect()];
      this.box.scrollLeft = at.left + at.width / 2 - box.left - box.width / 2;
      this.box.scrollTop = at.top + at.height / 2 - box.top - box.height / 2;
    }

    tools() {
      const bar = element("div", "truebook-diagram__tools");
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", "Zoom");
      for (const [sign, name, act] of [
        ["+", "Zoom in", () => this.zoom(this.scale * STEP)],
        ["\u2212", "Zoom out", () => this.zoom(this.scale / STEP)],
        ["\u2922", "Show all of it", () => this.zoom(0)],
      ]) {
        const button = element("button", "", { type: "button", title: name });
        button.setAttribute("aria-label", name);
        button.append(element("span", "", { textContent: sign, ariaHidden: "true" }));
        button.addEventListener("click", act);
        bar.append(button);
      }
      this.frame.append(bar);
    }

    // 1 is as the stylesheet has it, `0` all of it within the box. What is under `at` (or the middle) stays there.
    zoom(scale, at) {
      const box = this.box.getBoundingClientRect();
      const [x, y] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
      const before = this.svg.getBoundingClientRect();
      const [left, top] = [(x + box.left - before.left) / before.width, (y + box.top - before.top) / before.height];
      if (!this.natural) {
        this.natural = before.width;
        this.box.style.maxHeight = `max(${Math.ceil(box.height)}px, 80vh)`;
      }
      const style = getComputedStyle(this.box);
      const room = this.box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const least = Math.min(1, room / this.natural);
      this.scale = Math.min(MOST, Math.max(least, scale));
      this.svg.style.maxWidth = "none";
      this.svg.style.minWidth = "0";
      this.svg.style.width = `${this.natural * this.scale}px`;
      const after = this.svg.getBoundingClientRect();
      this.box.scrollLeft += after.left - box.left + left * after.width - x;
      this.box.scrollTop += after.top - box.top + top * after.height - y;
      this.frame.dataset.scale = this.scale.toFixed(2);
    }

    pressed(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const scale = { "+": this.scale * STEP, "=": this.scale * STEP, "-": this.scale / STEP, 0: 0 }[event.key];
      if (scale === undefined) return;
      event.preventDefault();
      this.zoom(scale);
    }

    pinch() {
      const fingers = (event) => {
        const [a, b] = event.touches;
        return {
          clientX: (a.clientX + b.clientX) / 2,
          clientY: (a.clientY + b.clientY) / 2,
          apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1,
        };
      };
      let start;
      this.box.addEventListener("touchstart", (event) => {
        start = event.touches.length === 2 ? { ...fingers(event), scale: this.scale } : undefined;
      }, { passive: true });
      this.box.addEventListener("touchmove", (event) => {
        if (!start || event.touches.length !== 2) return;
        event.preventDefault();
        const now = fingers(event);
        this.zoom((start.scale * now.apart) / start.apart, now);
      }, { passive: false });
    }

    drag() {
      let last;
      let moved = 0;
      this.box.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0) return;
        [last, moved] = [event, 0];
      });
      this.box.addEventListener("pointermove", (event) => {
        if (!last || !event.buttons) return;
        this.box.scrollLeft -= event.clientX - last.clientX;
        this.box.scrollTop -= event.clientY - last.clientY;
        moved += Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY);
        last = event;
      });
      addEventListener("pointerup", () => (last = undefined));
      this.box.addEventListener("dragstart", (event) => event.preventDefault());
      this.box.addEventListener("click", (event) => {
        if (moved > 8) event.preventDefault(); // it was moved, not clicked
        moved = 0;
      }, true);
    }

    // The list below the diagram has an item for each arrow, with the boxes that it joins.
    evidence() {
      for (let at = this.frame.nextElementSibling; at && !at.matches(".truebook-diagram"); at = at.nextElementSibling) {
        const list = at.matches(".truebook-evidence") ? at : at.querySelector(".truebook-evidence");
        if (list) return list;
      }
      return null;
    }

    arrows() {
      const list = this.evidence();
      if (!list) return;
      this.tip = element("div", "truebook-diagram__tip", { hidden: true, ariaHidden: "true" });
      this.frame.append(this.tip);
      this.reached = [];
      for (const path of this.svg.querySelectorAll("path.flowchart-link")) {
        const ends = ARROW.exec(path.id);
        const items = ends ? [...list.querySelectorAll(`li[data-arrow="${ends[1]}-${ends[2]}"]`)] : [];
        if (items.length) this.arm(path, items);
      }
      if (this.reached.length) this.reached[0].setAttribute("tabindex", "0");
    }

    // Two boxes may be joined more than once; all that says so is shown.
    arm(path, items) {
      const said = items.map((item) => item.textContent.trim()).join("\n");
      const wide = path.cloneNode(false); // a line is hard to hit
      for (const name of ["id", "marker-end", "marker-start", "style", "class"]) wide.removeAttribute(name);
      wide.setAttribute("class", "truebook-arrow");
      wide.setAttribute("tabindex", "-1");
      wide.setAttribute("role", "button");
      wide.setAttribute("aria-label", said);
      path.after(wide);
      this.reached.push(wide);
      const show = (event) => {
        path.classList.add("truebook-arrow--shown");
        this.tip.textContent = said;
        this.tip.hidden = false;
        const frame = this.frame.getBoundingClientRect();
        const spot = event.clientX === undefined ? wide.getBoundingClientRect() : null;
        const x = (spot ? spot.left + spot.width / 2 : event.clientX) - frame.left;
        const y = (spot ? spot.top + spot.height / 2 : event.clientY) - frame.top;
        const left = Math.max(0, Math.min(x + 12, frame.width - this.tip.offsetWidth));
        this.tip.style.left = `${left}px`;
        this.tip.style.top = `${y + 14}px`;
      };
      const hide = () => {
        path.classList.remove("truebook-arrow--shown");
        this.tip.hidden = true;
      };
      wide.addEventListener("pointerenter", show);
      wide.addEventListener("pointerleave", hide);
      wide.addEventListener("focus", show);
      wide.addEventListener("blur", hide);
      const open = () => {
        const [item] = items;
        item.closest("details").open = true;
        item.tabIndex = -1;
        item.focus();
        item.scrollIntoView({ block: "nearest" });
      };
      wide.addEventListener("click", open);
      wide.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Escape") hide();
        else if (event.key === "Enter" || event.key === " ") open();
        else if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        if (!step) return;
        const next = this.reached.at((this.reached.indexOf(wide) + step) % this.reached.length);
        wide.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    }
  }

  const all = new Map();
  let loads = 0;
  let bringing;

  const install = () => {
    const boxes = [...document.querySelectorAll(".mermaid")];
    for (const box of boxes) if (!all.has(box)) all.set(box, new Diagram(box));
    loads += 1;
    if (loads > 1 && boxes.length > 0) arrived(boxes).then(settle, settle);
  };

  // Arrived without loading the page: nothing draws by itself, and Mermaid is not here if no page before had a diagram.
  const arrived = async (boxes) => {
    if (!window.mermaid) await (bringing ??= bring().finally(() => (bringing = undefined)));
    await document.fonts.ready;
    await window.mermaid?.run({ nodes: boxes, suppressErrors: true });
  };

  // The page names Mermaid's file and, in the script after it, how this site wants to have it.
  const bring = async () => {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const named = page.querySelector("script[src*='mermaid']");
    if (!named) return location.reload(); // it comes in another way
    const load = (given) =>
      new Promise((done, failed) => {
        const script = Object.assign(document.createElement("script"), given, { onload: done, onerror: failed });
        document.body.append(script);
        if (!given.src) done();
      });
    await load({ src: named.src, type: named.type });
    const settings = named.nextElementSibling;
    if (settings?.matches("script:not([src])")) await load({ text: settings.text, type: settings.type });
  };

  // What cannot be drawn is shown as text: all of it without Mermaid, else what Mermaid cannot read.
  const settle = () => {
    for (const [box, diagram] of all) {
      if (!box.isConnected) all.delete(box);
      else if (diagram.svg || box.dataset.processed === "failed") continue;
      else if (!window.mermaid) diagram.readable();
      else {
        window.mermaid.parse(diagram.source, { suppressErrors: true }).then(
          (read) => read || diagram.readable(),
          () => diagram.readable(),
        );
      }
    }
  };

  if (window.document$) window.document$.subscribe(install);
  else install();
  if (document.readyState === "complete") settle();
  else addEventListener("load", settle);
})();
