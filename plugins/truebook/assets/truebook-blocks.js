// Shell blocks: copying of what was tested, by button, line or hand, and links that bring values along.
// Without this script a page reads, and copies, as it is written.
(() => {
  const { Field, LONGEST, all, control, element, hush, leave, put, refresh, say, values, written } = window.truebook;
  const PARAMETER = "v.";

  let blocks = [];

  class Block {
    constructor(box, code) {
      this.box = box;
      this.code = code;
      this.commands = JSON.parse(box.dataset.commands);
      this.fields = [];
      for (const one of code.querySelectorAll(".truebook-field")) this.fields[one.dataset.field] = new Field(one, code);
      all.push(...this.fields.filter(Boolean));
      box.classList.add("truebook-block--live");
      this.tools();
      if (this.commands.length > 1) {
        for (const mark of code.querySelectorAll(".truebook-line")) {
          const number = Number(mark.dataset.command);
          const [first] = this.written(number).split("\n");
          mark.append(this.button("truebook-line__copy", `Copy: ${first}`, () => this.copy([number])));
        }
      }
    }

    button(className, name, act) {
      const button = element("button", className, { type: "button", title: name });
      button.setAttribute("aria-label", name);
      button.addEventListener("click", act);
      return button;
    }

    tools() {
      const bar = element("div", "truebook-tools");
      if (this.fields.some((field) => !field.secret)) {
        bar.append(this.button("truebook-tools__share", "Copy a link to this page with these values", () => share()));
      }
      const name = this.commands.length > 1 ? "Copy the commands" : "Copy the command";
      bar.append(this.button("truebook-tools__copy", name, () => this.copy(this.commands.keys())));
      this.code.before(bar);
    }

    // Some highlighters write all of the code anew when the page has loaded. Then it is as it was without this script.
    get lost() {
      return this.fields.some((field) => !field.box.isConnected);
    }

    leave() {
      this.box.querySelector(".truebook-tools").remove();
      this.box.classList.remove("truebook-block--live");
    }

    // A command as the page has it, fields as they are written.
    written(number) {
      return this.commands[number].map((part) => (typeof part === "string" ? part : this.fields[part].text)).join("");
    }

    text(numbers) {
      const line = (parts) => parts.map((part) => (typeof part === "string" ? part : this.fields[part].typed)).join("");
      return numbers.map((number) => line(this.commands[number])).join("\n");
    }

    async copy(which) {
      const numbers = [...which];
      const parts = numbers.flatMap((number) => this.commands[number]);
      const empty = parts.map((part) => this.fields[part]).find((field) => field && field.typed === null);
      if (empty) {
        const why = empty.refusal;
        say(why ? `Not copied: ${empty.name} cannot be that: ${why}.` : `Not copied: ${empty.name} is empty. Fill it in first.`);
        empty.box.scrollIntoView({ block: "center", inline: "nearest" });
        empty.open();
        return;
      }
      const done = await put(this.text(numbers));
      const destructive = this.box.querySelector(":scope > .truebook-block__warning") ? " It is destructive: look before you paste." : "";
      say(done ? `Copied.${destructive}` : "The browser does not let this page copy.");
    }
  }

  // ---- Selecting by hand ----------------------------------------------------------------------------------

  // What is selected of a block, as its button would copy it.
  const cleaned = (fragment) => {
    for (const gone of fragment.querySelectorAll(
      ".truebook-skip, .truebook-line, .truebook-tools, .truebook-field__rest, .md-annotation, .md-code__nav, .md-clipboard",
    )) gone.remove();
    let empty;
    for (const box of fragment.querySelectorAll(".truebook-field")) {
      const { key, mode, optional, text, until } = box.dataset;
      const value = values.get(key);
      const typed = written(value, mode, until);
      if (typed === null && (value || optional !== "yes")) empty ??= [text.replace(/^<|>$/g, ""), value];
      box.replaceChildren(typed ?? text);
    }
    if (empty) say(`Copied as it is written: ${empty[0]} ${empty[1] ? "cannot be what it was filled with" : "is empty"}.`);
    return fragment;
  };

  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed || document.activeElement?.matches("input, textarea")) return;
    const range = selection.getRangeAt(0);
    const touched = blocks.filter((block) => block.box.isConnected && range.intersectsNode(block.code));
    if (!touched.length) return;
    // A selection by hand seldom ends where the code does: what is beside it counts where it says something.
    const within = range.cloneRange();
    const [{ code }] = touched;
    if (!code.contains(range.startContainer)) within.setStart(code, 0);
    if (!code.contains(range.endContainer)) within.setEnd(code, code.childNodes.length);
    let text;
    if (touched.length === 1 && within.toString().trim() === range.toString().trim()) {
      const around = within.commonAncestorContainer;
      if ((around.closest ? around : around.parentElement).closest(".truebook-skip, .truebook-field")) return;
      text = cleaned(within.cloneContents()).textContent;
    } else {
      const away = element("div", "truebook-away");
      away.append(cleaned(range.cloneContents()));
      document.body.append(away);
      text = away.innerText;
      away.remove();
    }
    text = text.replace(/^\n+|\n+$/g, "");
    if (!text.trim()) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  });

  // ---- Links with values ----------------------------------------------------------------------------------

  const shared = () => {
    const secret = new Set(all.filter((field) => field.secret).map((field) => field.key));
    return [...new Set(all.map((field) => field.key))].filter((key) => !secret.has(key));
  };

  const share = async () => {
    const link = new URL(location.href);
    for (const name of [...link.searchParams.keys()]) if (name.startsWith(PARAMETER)) link.searchParams.delete(name);
    const filled = shared().filter((key) => values.get(key));
    for (const key of filled) link.searchParams.set(PARAMETER + key, values.get(key));
    const done = await put(link.href);
    const what = filled.length ? ` with ${filled.join(", ")}` : ": no field is filled in yet";
    say(done ? `Link copied${what}.` : "The browser does not let this page copy.");
  };

  // Values that come with the link. They are taken out of the address, which would else go on saying them.
  const arrive = () => {
    const link = new URL(location.href);
    const known = new Set(shared());
    const filled = [];
    for (const [name, value] of [...link.searchParams]) {
      if (!name.startsWith(PARAMETER)) continue;
      link.searchParams.delete(name);
      const key = name.slice(PARAMETER.length);
      if (!known.has(key) || !value || value.length > LONGEST || control(value)) continue;
      values.set(key, value);
      filled.push(`${key} is ${value}`);
    }
    if (link.href !== location.href) history.replaceState(history.state, "", link);
    if (filled.length) say(`From the link: ${filled.join(", ")}.`);
  };

  const install = () => {
    hush();
    leave();
    blocks = [];
    for (const box of document.querySelectorAll(".truebook-block[data-commands]:not(.truebook-block--live)")) {
      const code = box.querySelector("pre > code");
      const fields = JSON.parse(box.dataset.commands).flat().filter(Number.isInteger);
      // Code that something changed on its way here has no fields: it is copied as it is written.
      if (!code || !fields.every((number) => code.querySelector(`[data-field="${number}"]`))) continue;
      blocks.push(new Block(box, code));
    }
    arrive();
    refresh();
  };

  if (window.document$) window.document$.subscribe(install);
  else install();
  addEventListener("load", () => setTimeout(() => {
    for (const block of blocks.filter((one) => one.lost)) block.leave();
    blocks = blocks.filter((one) => !one.lost);
    all.splice(0, all.length, ...blocks.flatMap((block) => block.fields));
  }));
})();
