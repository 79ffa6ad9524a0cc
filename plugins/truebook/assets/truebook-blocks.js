// Shell blocks: how old their results are, fields in place of placeholders, and copying of what was tested.
// The commands, where fields stand and how a value must be quoted there are the page's data; no shell is read here.
// Without this script a page reads, and copies, as it is written.
(() => {
  const STORE = "truebook.values";
  const PARAMETER = "v.";
  const SHOWN = 60;

  const element = (name, className, properties = {}) =>
    Object.assign(document.createElement(name), { className, ...properties });
  const control = (text) => /[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text);

  // ---- Values ---------------------------------------------------------------------------------------------

  // One value for each key, for as long as the visit lasts. What `name` means differs from page to page; secrets are
  // not kept at all.
  const values = {
    known: new Map(),
    secret: new Set(),
    place: (key) => (key === "name" ? `${location.pathname}#name` : key),
    get(key) {
      return this.known.get(this.place(key)) || "";
    },
    set(key, value, keep = true) {
      if (value) this.known.set(this.place(key), value);
      else this.known.delete(this.place(key));
      if (keep) this.save();
      else this.secret.add(this.place(key));
    },
    load() {
      try {
        for (const [key, value] of Object.entries(JSON.parse(sessionStorage.getItem(STORE)) || {})) {
          if (typeof value === "string" && !control(value)) this.known.set(key, value);
        }
      } catch {
        // A browser that keeps nothing, or holds what is not ours.
      }
    },
    save() {
      try {
        const kept = [...this.known].filter(([place]) => !this.secret.has(place));
        sessionStorage.setItem(STORE, JSON.stringify(Object.fromEntries(kept)));
      } catch {
        // The values stay for this page.
      }
    },
  };

  // A value as bash takes it for exactly that text, where it stands. The same as the engine writes it when it tests.
  const written = (value, mode) => {
    if (/^(?!-)[A-Za-z0-9_.:/@-]{1,253}$/.test(value)) return value;
    if (mode === "bare") return /^[A-Za-z0-9_.:/@,+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
    if (mode === "single") return value.replaceAll("'", `'"'"'`);
    if (mode === "double") return value.replace(/[\\"$`]/g, "\\$&");
    if (mode === "heredoc") return value.replace(/[\\$`]/g, "\\$&");
    return value;
  };

  // ---- What is said -----------------------------------------------------------------------------------------

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

  // ---- Fields ---------------------------------------------------------------------------------------------

  // The namespace of what was chosen last, offered first.
  let offered = "";

  class Field {
    constructor(box, code) {
      const data = box.dataset;
      this.box = box;
      this.key = data.key;
      this.mode = data.mode;
      this.text = data.text;
      this.roles = data.roles ? data.roles.split(" ") : [];
      this.namespace = data.namespace || "";
      this.tested = data.tested || "";
      this.optional = data.optional === "yes";
      this.secret = data.secret === "yes";
      this.asWritten = [...box.childNodes];
      this.rest = [...code.querySelectorAll(`.truebook-field__rest[data-of="${data.field}"]`)];
      box.classList.add("truebook-field--live");
      box.addEventListener("click", () => this.input || this.open());
      box.addEventListener("keydown", (event) => this.pressed(event));
      this.show();
    }

    get value() {
      return values.get(this.key);
    }

    // What is copied; null where there is nothing to copy.
    get typed() {
      return this.value ? written(this.value, this.mode) : this.optional ? this.text : null;
    }

    get name() {
      return this.text.replace(/^<|>$/g, "");
    }

    show() {
      if (this.input) return;
      const { box, value } = this;
      box.replaceChildren(...(value ? [written(value, this.mode)] : this.asWritten));
      for (const part of this.rest) part.hidden = Boolean(value);
      const live = this.live();
      const odd = Boolean(value) && live.length > 0 && !live.some(([name]) => name === value);
      box.classList.toggle("truebook-field--filled", Boolean(value));
      box.classList.toggle("truebook-field--odd", odd);
      box.tabIndex = 0;
      box.setAttribute("role", "button");
      box.setAttribute("aria-haspopup", "listbox");
      box.setAttribute("aria-label", `${this.name}: ${value || "empty"}${odd ? ", not known to the cluster" : ""}`);
      box.title = odd ? `${this.text}: the cluster has no such name` : this.text;
    }

    // Names and namespaces of what there is, for what this place asks for.
    live() {
      const found = window.truebookValues || {};
      return this.roles.flatMap((role) => found[role] || []);
    }

    // What can be chosen: what is offered, what the block was tested with, and what there is, best first.
    options() {
      const space = this.namespace || (this.key === "namespace" ? "" : values.get("namespace"));
      const all = this.live();
      const near = all.filter(([, namespace]) => namespace === space);
      const others = blocks
        .flatMap((block) => block.fields)
        .filter((field) => field.key === this.key && field.roles.length)
        .map((field) => new Set(field.live().map(([name]) => name)));
      const everywhere = (name) => others.every((names) => names.size === 0 || names.has(name));
      // A command that names its namespace itself leaves no choice of others.
      const known = this.namespace && near.length ? near : [...near, ...all.filter((one) => !near.includes(one))];
      known.sort((a, b) => everywhere(b[0]) - everywhere(a[0]));
      const first = [];
      if (this.key === "namespace" && offered) first.push([offered, "", "of what was chosen"]);
      const tested = known.find(([name]) => name === this.tested);
      if (this.tested && (tested || !known.length)) {
        first.push([this.tested, tested ? tested[1] : "", `${tested && tested[1] ? `${tested[1]}, ` : ""}tested with this`]);
      }
      const seen = new Set();
      return [...first, ...known.map(([name, namespace]) => [name, namespace, namespace])].filter(([name, space]) => {
        const fresh = !seen.has(`${name} ${space}`);
        seen.add(`${name} ${space}`);
        return fresh;
      });
    }

    pressed(event) {
      if (this.input || event.ctrlKey || event.metaKey || event.altKey) return;
      if (["Enter", " ", "ArrowDown"].includes(event.key)) this.open();
      else if (["Backspace", "Delete"].includes(event.key)) this.take("");
      else if (event.key.length === 1) this.open(event.key);
      else return;
      event.preventDefault();
    }

    open(start) {
      const input = element("input", "truebook-field__input", {
        type: "text",
        value: start ?? this.value,
        placeholder: this.name,
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: false,
        maxLength: 253,
      });
      this.input = input;
      for (const name of ["role", "tabindex", "aria-label", "aria-haspopup"]) this.box.removeAttribute(name);
      for (const part of this.rest) part.hidden = true;
      this.box.replaceChildren(input);
      list.open(this, input, this.options(), start === undefined);
      input.focus({ preventScroll: true });
      if (start === undefined) input.select();
      input.addEventListener("blur", () => this.close(input.value));
      this.box.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    close(value, namespace = "") {
      if (!this.input) return;
      this.input = undefined;
      list.close();
      this.take(value.trim(), namespace);
      this.show();
    }

    // Fill this field and all of its kind.
    take(value, namespace = "") {
      if (value === this.value && !namespace) return;
      values.set(this.key, value, !this.secret);
      refresh();
      const spaces = fieldsOf("namespace");
      if (!namespace || this.key === "namespace" || !spaces.length) return;
      offered = namespace;
      const now = values.get("namespace");
      if (now === namespace) return;
      say(`${value} is in namespace ${namespace}${now ? `, not ${now}` : ""}.`, {
        label: now ? `Change to ${namespace}` : `Fill in ${namespace}`,
        act: () => {
          spaces[0].take(namespace);
          this.box.focus();
        },
      });
    }
  }

  // The list below the field that is being filled in.
  const list = {
    box: element("ul", "truebook-options", { id: "truebook-options", hidden: true }),
    at: -1,

    open(field, input, options, all) {
      this.field = field;
      this.input = input;
      this.options = options;
      this.box.setAttribute("role", "listbox");
      this.box.setAttribute("aria-label", field.name);
      document.body.append(this.box);
      for (const [name, value] of Object.entries({
        role: "combobox",
        "aria-label": field.name,
        "aria-autocomplete": "list",
        "aria-controls": this.box.id,
      })) input.setAttribute(name, value);
      input.addEventListener("input", () => this.show(input.value));
      input.addEventListener("keydown", (event) => this.pressed(event));
      this.show(all ? "" : input.value);
      if (all && offered && field.key === "namespace") this.go(0);
    },

    show(words) {
      const wanted = words.trim().toLowerCase();
      const fits = this.options.filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, SHOWN);
      this.at = -1;
      this.box.replaceChildren(
        ...fits.map(([name, namespace, note], number) => {
          const item = element("li", "", { id: `truebook-option-${number}` });
          item.setAttribute("role", "option");
          item.append(element("span", "", { textContent: name }));
          if (note) item.append(element("small", "", { textContent: note }));
          item.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
          item.addEventListener("click", () => this.choose(name, namespace));
          item.chosen = [name, namespace];
          return item;
        }),
      );
      this.box.hidden = fits.length === 0;
      this.input.setAttribute("aria-expanded", String(fits.length > 0));
      this.input.removeAttribute("aria-activedescendant");
      this.put();
    },

    // Below the field, or above it where there is more room.
    put() {
      if (!this.input) return;
      this.input.style.width = `${Math.max(this.input.value.length, this.field.name.length, 3) + 1}ch`;
      if (this.box.hidden) return;
      const spot = this.input.getBoundingClientRect();
      const below = innerHeight - spot.bottom;
      const up = below < 160 && spot.top > below;
      const left = Math.max(8, Math.min(spot.left, document.documentElement.clientWidth - this.box.offsetWidth - 8));
      Object.assign(this.box.style, {
        left: `${left}px`,
        top: up ? "auto" : `${spot.bottom + 4}px`,
        bottom: up ? `${innerHeight - spot.top + 4}px` : "auto",
        maxHeight: `${Math.min(280, (up ? spot.top : below) - 12)}px`,
      });
    },

    go(number) {
      const items = [...this.box.children];
      if (!items.length) return;
      this.at = (number + items.length) % items.length;
      items.forEach((item, place) => item.setAttribute("aria-selected", String(place === this.at)));
      items[this.at].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", items[this.at].id);
    },

    pressed(event) {
      event.stopPropagation(); // the site's own keys are for those who do not type
      const { field } = this;
      if (event.key === "ArrowDown") this.go(this.at + 1);
      else if (event.key === "ArrowUp") this.go(this.at < 0 ? -1 : this.at - 1);
      else if (event.key === "Enter" && this.at >= 0) this.choose(...this.box.children[this.at].chosen);
      else if (event.key === "Enter") this.leave(this.input.value);
      else if (event.key === "Escape") this.leave(field.value);
      else if (event.key === "Tab") return this.leave(this.input.value); // and on to the next field
      else return;
      event.preventDefault();
    },

    choose(name, namespace) {
      const { field } = this;
      field.close(name, namespace);
      field.box.focus();
    },

    leave(value) {
      const { field } = this;
      field.close(value);
      field.box.focus();
    },

    close() {
      this.input = undefined;
      this.box.hidden = true;
    },
  };

  const fieldsOf = (key) => blocks.flatMap((block) => block.fields).filter((field) => field.key === key);

  const refresh = () => {
    for (const block of blocks) for (const field of block.fields) field.show();
  };

  // ---- Blocks ---------------------------------------------------------------------------------------------

  let blocks = [];

  class Block {
    constructor(box, code) {
      this.box = box;
      this.code = code;
      this.commands = JSON.parse(box.dataset.commands);
      this.fields = [];
      for (const one of code.querySelectorAll(".truebook-field")) this.fields[one.dataset.field] = new Field(one, code);
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
        say(`Not copied: ${empty.name} is empty. Fill it in first.`);
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
      const value = values.get(box.dataset.key);
      if (!value && box.dataset.optional !== "yes") empty ??= box.dataset.text;
      box.replaceChildren(value ? written(value, box.dataset.mode) : box.dataset.text);
    }
    if (empty) say(`Copied as it is written: ${empty.replace(/^<|>$/g, "")} is empty.`);
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
    const fields = blocks.flatMap((block) => block.fields).filter((field) => !field.secret);
    return [...new Set(fields.map((field) => field.key))];
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
      if (!known.has(key) || !value || value.length > 253 || control(value)) continue;
      values.set(key, value);
      filled.push(`${key} is ${value}`);
    }
    if (link.href !== location.href) history.replaceState(history.state, "", link);
    if (filled.length) say(`From the link: ${filled.join(", ")}.`);
  };

  // ---- Times ----------------------------------------------------------------------------------------------

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

  // ---- Pages ----------------------------------------------------------------------------------------------

  const install = () => {
    hush();
    list.close();
    offered = "";
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
    tick();
  };

  values.load();
  if (window.document$) window.document$.subscribe(install);
  else install();
  setInterval(tick, 20_000);
  addEventListener("load", () => setTimeout(() => {
    for (const block of blocks.filter((one) => one.lost)) block.leave();
    blocks = blocks.filter((one) => !one.lost);
  }));
  document.addEventListener("visibilitychange", tick);
  addEventListener("beforeprint", () => tick(true));
  addEventListener("afterprint", tick);
  addEventListener("scroll", () => list.put(), { capture: true, passive: true });
  addEventListener("resize", () => list.put());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    values.load(); // another page of the visit may have filled in more
    refresh();
  });
})();
