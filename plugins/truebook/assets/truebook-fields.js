// Fields in place of placeholders: their values, how each is written where it stands, and the list to choose from.
// How a value must be quoted at a place is the page's data; no shell is read here.
(() => {
  const { element, say } = window.truebook;
  const STORE = "truebook.values";
  const SHOWN = 60;
  const LONGEST = 253;
  const VAGUE = new Set(["name", "changeme", "change-me", "replaceme", "replace-me"]);

  // What a reader would not see, and a shell might act on.
  const control = (text) => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

  // The fields of the page that is shown.
  const all = [];
  const fieldsOf = (key) => all.filter((field) => field.key === key);
  const refresh = () => all.forEach((field) => field.show());

  // One value for each key, for as long as the visit lasts. What a vague word means differs from page to page; secrets
  // are not kept at all.
  const values = {
    known: new Map(),
    secret: new Set(),
    place: (key) => (VAGUE.has(key) ? `${location.pathname}#${key}` : key),
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

  // A value as bash takes it for exactly that text, where it stands; null where it cannot be written. The same as the
  // engine writes it when it tests. `until` ends the heredoc around it: no part of it may stand there.
  const written = (value, mode, until = "") => {
    if (!value || control(value) || until.includes(value)) return null;
    if (/^(?!-)[A-Za-z0-9_.:/@-]{1,253}$/.test(value)) return value;
    if (mode === "plain") return null;
    if (mode === "bare") return /^[A-Za-z0-9_.:/@,+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
    if (mode === "single") return value.replaceAll("'", `'"'"'`);
    if (mode === "double") return value.replace(/[\\"$`]/g, "\\$&").replaceAll("!", `"'!'"`);
    if (mode === "heredoc") return value.replace(/[\\$`]/g, "\\$&");
    return value;
  };

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
      this.until = data.until || "";
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
      return this.value ? written(this.value, this.mode, this.until) : this.optional ? this.text : null;
    }

    // Why its value cannot be copied, in words; empty where it can, or where there is none.
    get refusal() {
      if (!this.value || this.typed !== null) return "";
      if (this.until.includes(this.value)) return `“${this.value}” may end the text that it stands in`;
      return `“${this.value}” would not stay one plain word there; letters, digits and _ . : / @ - fit`;
    }

    get name() {
      return this.text.replace(/^<|>$/g, "");
    }

    show() {
      if (this.input) return;
      const { box, value, refusal } = this;
      const filled = Boolean(value) && !refusal;
      box.replaceChildren(...(filled ? [this.typed] : this.asWritten));
      for (const part of this.rest) part.hidden = filled;
      const live = this.live();
      const unknown = filled && live.length > 0 && !live.some(([name]) => name === value);
      const note = refusal || (unknown ? "the cluster has no such name" : "");
      box.classList.toggle("truebook-field--filled", filled);
      box.classList.toggle("truebook-field--odd", Boolean(note));
      box.tabIndex = 0;
      box.setAttribute("role", "button");
      box.setAttribute("aria-haspopup", "listbox");
      box.setAttribute("aria-label", `${this.name}: ${value || "empty"}${note ? `, ${note}` : ""}`);
      box.title = note ? `${this.text}: ${note}` : this.text;
    }

    // Names and namespaces of what there is, for what this place asks for.
    live() {
      const found = window.truebookValues || {};
      return this.roles.flatMap((role) => found[role] || []);
    }

    // What can be chosen: what is offered, what the block was tested with, and what there is, best first.
    options() {
      const space = this.namespace || (this.key === "namespace" ? "" : values.get("namespace"));
      const live = this.live();
      const near = live.filter(([, namespace]) => namespace === space);
      const others = fieldsOf(this.key)
        .filter((field) => field.roles.length)
        .map((field) => new Set(field.live().map(([name]) => name)));
      const everywhere = (name) => others.every((names) => names.size === 0 || names.has(name));
      // A command that names its namespace itself leaves no choice of others.
      const known = this.namespace && near.length ? near : [...near, ...live.filter((one) => !near.includes(one))];
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
        maxLength: LONGEST,
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
      if (control(value)) {
        say(`Not taken: there is a sign in it that cannot be seen, so ${this.name} is as it was.`);
        return;
      }
      values.set(this.key, value, !this.secret);
      refresh();
      if (this.refusal) say(`${this.name}: ${this.refusal}.`);
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

  // Forget the fields of the page before.
  const leave = () => {
    list.close();
    offered = "";
    all.length = 0;
  };

  Object.assign(window.truebook, { LONGEST, Field, all, control, leave, list, refresh, values, written });

  values.load();
  addEventListener("scroll", () => list.put(), { capture: true, passive: true });
  addEventListener("resize", () => list.put());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    values.load(); // another page of the visit may have filled in more
    refresh();
  });
})();
