// The picture viewer of the dashboard and of the static site: outputs beside truths at one zoom, or under a slider.
// `mountViewer(root, data, emit)` draws what `harness.report.gallery.viewer_data` made into `root` (a `.theme` element)
// and calls `emit("look", text)` when a reader changes how it looks; `data.look` is such a text to begin with. Called
// again with other data it keeps the look. Every text of the data is set as text.
const mountViewer = (() => {
  const LEVELS = [0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16], NAMED = [1, 2, 4], SHOWN_SCORES = 4, PAN_PX = 48;
  const LAYERS = { truth: "Truth", input: "Input", error: "Error map", outline: "Hole outline", map: "Artifact map" };

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  };
  const picture = (src, kind, alt = "") => make("img", { src, class: kind, alt, draggable: "false" });
  const within = (value, low, high) => Math.min(Math.max(value, low), high);
  const rounded = value => `${Math.round(value * 100) / 100}`;
  const ratio = scale => scale >= 1 ? `${rounded(scale)}:1` : `1:${rounded(1 / scale)}`;

  const outline = (path, [width, height]) => {
    const space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg");
    Object.entries({ class: "v-outline", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" })
      .forEach(([name, value]) => drawing.setAttribute(name, value));
    ["v-under", "v-over"].forEach(kind => {
      const line = document.createElementNS(space, "path");
      line.setAttribute("d", path);
      line.setAttribute("class", kind);
      drawing.append(line);
    });
    return drawing;
  };

  // What can stand in a pane: the truth, the input, and what each entry made of it.
  const sourcesOf = data => [
    ...(data.truth ? [{ id: "truth", title: "truth", picture: data.truth, maps: {}, scores: [] }] : []),
    ...(data.truth && data.hole ? [{ id: "input", title: "input", picture: data.truth, hole: data.hole, maps: {}, scores: [] }] : []),
    ...data.panes.map(pane => ({ id: `entry:${pane.entry}`, ...pane })),
  ];

  const sheetOf = (source, data) => {
    const sheet = make("div", { class: "v-sheet", style: `width:${data.size[0]}px;height:${data.size[1]}px` });
    sheet.append(picture(source.picture, "v-base", source.title));
    if (source.hole) sheet.append(picture(source.hole, "v-hole"));
    if (source.error) sheet.append(picture(source.error, "v-error"));
    Object.values(source.maps).forEach(layer => sheet.append(picture(layer, "v-map")));
    if (data.outline) sheet.append(outline(data.outline, data.size));
    return sheet;
  };

  const captionOf = source => {
    const name = make("b"), caption = make("div", { class: "v-caption" });
    name.textContent = source.title;
    const head = make("p", { class: "v-name" });
    if (source.entry !== undefined) head.append(make("span", { class: `swatch e${Number(source.colour)}${source.floor ? " hollow" : ""}` }));
    head.append(name);
    if (source.kind) { const kind = make("small"); kind.textContent = source.kind; head.append(kind); }
    caption.append(head);
    if (source.scores.length) {
      const list = make("dl", { class: "v-scores" });
      source.scores.slice(0, SHOWN_SCORES).forEach(([column, text]) => {
        const term = make("dt"), value = make("dd");
        term.textContent = column;
        value.textContent = text;
        list.append(make("div", {}, term, value));
      });
      caption.append(list);
    }
    return caption;
  };

  const absent = source => {
    const note = make("p"), box = make("div", { class: "v-none" }, note);
    note.textContent = source.note || "no picture";
    if (source.command) { const command = make("code"); command.textContent = source.command; box.append(command); }
    return box;
  };

  const readLook = (text, sources) => {
    const given = new URLSearchParams(text || ""), zoom = given.get("zoom");
    const ids = sources.filter(source => source.picture).map(source => source.id);
    const entry = ids.find(id => id.startsWith("entry:"));
    return {
      mode: given.get("mode") === "slider" ? "slider" : "side",
      zoom: NAMED.includes(Number(zoom)) ? Number(zoom) : "fit",
      show: new Set((given.get("show") ?? "truth").split(".").filter(name => name in LAYERS)),
      left: given.get("left") || entry || ids[0] || "", right: given.get("right") || ids[0] || "",
      cut: 50,
    };
  };
  const writeLook = look => new URLSearchParams({
    mode: look.mode, ...(NAMED.includes(look.zoom) ? { zoom: look.zoom } : {}), show: [...look.show].join("."),
    ...(look.mode === "slider" ? { left: look.left, right: look.right } : {}),
  }).toString();

  class Viewer {
    constructor(root) {
      this.root = root;
      this.pointers = new Map();
      root.classList.add("viewer");
      root.addEventListener("keydown", event => this.key(event));
      new ResizeObserver(() => this.place()).observe(root);
    }

    take(data, emit) {
      this.emit = emit;
      const key = JSON.stringify({ ...data, look: "" });
      if (key === this.taken) return;
      this.taken = key;
      this.data = data;
      this.sources = sourcesOf(data);
      this.look ??= readLook(data.look, this.sources);
      [this.look.x, this.look.y] = data.focus;
      this.draw();
    }

    source(id) { return this.sources.find(source => source.id === id); }

    tell() {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.emit("look", writeLook(this.look)), 300);
    }

    change(changes) {
      Object.assign(this.look, changes);
      this.draw();
      this.tell();
    }

    draw() {
      const focused = this.root.getRootNode().activeElement?.dataset?.does;
      this.frames = [];
      this.bar = this.toolbar();
      this.said = make("p", { class: "v-said", "aria-live": "polite" });
      this.root.replaceChildren(this.bar, this.look.mode === "slider" ? this.slider() : this.side(), this.said);
      Object.keys(LAYERS).forEach(name => this.root.classList.toggle(`v-with-${name}`, this.look.show.has(name)));
      this.place();
      if (focused) this.root.querySelector(`[data-does="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }

    button(text, does, pressed, act, label = text) {
      const made = make("button", { type: "button", "aria-label": label, "data-does": does });
      if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
      made.textContent = text;
      made.addEventListener("click", act);
      return made;
    }

    toolbar() {
      const group = (label, ...buttons) => make("div", { class: "v-group", role: "group", "aria-label": label }, ...buttons);
      const { look, data } = this, has = { truth: data.truth, input: data.truth && data.hole, outline: data.outline,
        error: data.panes.some(pane => pane.error), map: data.panes.some(pane => Object.keys(pane.maps).length) };
      const layers = Object.keys(LAYERS).filter(name => has[name] && (look.mode === "side" || !["truth", "input"].includes(name)));
      return make("div", { class: "v-bar", role: "toolbar", "aria-label": "How the pictures are shown" },
        group("Arrangement",
          this.button("Side by side", "side", look.mode === "side", () => this.change({ mode: "side" })),
          this.button("Slider", "slider", look.mode === "slider", () => this.change({ mode: "slider" }))),
        group("Zoom",
          this.button("−", "out", null, () => this.step(-1), "Zoom out"),
          this.button("Fit", "zoom:fit", look.zoom === "fit", () => this.zoomTo("fit"), "Fit the picture"),
          ...NAMED.map(zoom => this.button(`${zoom}:1`, `zoom:${zoom}`, look.zoom === zoom, () => this.zoomTo(zoom), `Zoom ${zoom}:1`)),
          this.button("+", "in", null, () => this.step(1), "Zoom in")),
        group("Layers", ...layers.map(name => this.button(LAYERS[name], name, look.show.has(name), () => this.toggle(name)))));
    }

    toggle(name) {
      const show = new Set(this.look.show);
      if (!show.delete(name)) show.add(name);
      this.change({ show });
    }

    side() {
      const kept = this.sources.filter(({ id }) => !(id in LAYERS) || this.look.show.has(id));
      return make("div", { class: "v-panes" }, ...kept.map(source => {
        const pane = make("figure", { class: "v-pane", "data-source": source.id });
        pane.append(source.picture ? this.frame(source.title, [sheetOf(source, this.data)]) : absent(source), captionOf(source));
        return pane;
      }));
    }

    slider() {
      const drawn = this.sources.filter(source => source.picture);
      if (!drawn.length) return make("div", { class: "v-panes" }, ...this.sources.map(source => make("figure", { class: "v-pane" }, absent(source), captionOf(source))));
      const pick = (side, other) => this.source(this.look[side])?.picture ? this.look[side] : (drawn.find(source => source.id !== other) || drawn[0]).id;
      this.look.left = pick("left", this.look.right);
      this.look.right = pick("right", this.look.left);
      const [left, right] = [this.source(this.look.left), this.source(this.look.right)];
      const above = make("div", { class: "v-left" }, sheetOf(left, this.data));
      const frame = this.frame(`${left.title} left of the line, ${right.title} right of it`, [sheetOf(right, this.data)]);
      this.handle = make("div", { class: "v-handle", role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": "100",
        "aria-orientation": "horizontal", "aria-label": `Line between ${left.title} and ${right.title}`, "data-does": "line" });
      this.handle.addEventListener("keydown", event => this.slideByKey(event));
      frame.append(above, this.handle);
      this.cutAt(this.look.cut);
      const choose = side => {
        const list = make("select", { "aria-label": side === "left" ? "Left picture" : "Right picture", "data-does": side });
        drawn.forEach(source => { const option = make("option", { value: source.id }); option.textContent = source.title; list.append(option); });
        list.value = this.look[side];
        list.addEventListener("change", () => this.change({ [side]: list.value }));
        return list;
      };
      return make("div", { class: "v-slider" }, frame, make("div", { class: "v-ends" },
        make("div", {}, choose("left"), captionOf(left)), make("div", {}, choose("right"), captionOf(right))));
    }

    cutAt(percent) {
      this.look.cut = within(percent, 0, 100);
      this.handle.parentElement.style.setProperty("--cut", `${this.look.cut}%`);
      this.handle.setAttribute("aria-valuenow", String(Math.round(this.look.cut)));
    }

    slideByKey(event) {
      const steps = { ArrowLeft: -2, ArrowRight: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      event.stopPropagation();
      this.cutAt(this.look.cut + steps[event.key]);
    }

    frame(label, sheets) {
      const frame = make("div", { class: "v-frame", tabindex: "0", role: "group", "aria-label": label,
        style: `aspect-ratio:${this.data.size[0]}/${this.data.size[1]}` }, ...sheets);
      frame.addEventListener("wheel", event => this.wheel(event, frame), { passive: false });
      frame.addEventListener("dblclick", event => this.zoomTo(this.look.zoom === "fit" ? this.next(1) : "fit", frame, event));
      frame.addEventListener("pointerdown", event => this.grab(event, frame));
      frame.addEventListener("pointermove", event => this.move(event, frame));
      ["pointerup", "pointercancel", "lostpointercapture"].forEach(name => frame.addEventListener(name, event => this.pointers.delete(event.pointerId)));
      this.frames.push(frame);
      return frame;
    }

    // The scale at which the whole picture is seen: all frames are of one size.
    get fit() {
      const [width, height] = this.data.size, frame = this.frames[0];
      return Math.min(frame.clientWidth / width, frame.clientHeight / height) || 1;
    }
    get scale() { return this.look.zoom === "fit" ? this.fit : this.look.zoom; }
    next(step) {
      const beyond = LEVELS.filter(level => step > 0 ? level > this.scale * 1.001 : level < this.scale * 0.999);
      return (step > 0 ? beyond[0] : beyond.at(-1)) ?? this.scale;
    }
    step(by) { if (this.frames.length) this.zoomTo(this.next(by)); }

    // Zoom so that what lies under the pointer stays there.
    zoomTo(zoom, frame = null, event = null) {
      if (!this.frames.length) return;
      const { look } = this, before = this.scale, box = frame?.getBoundingClientRect();
      const [dx, dy] = box ? [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2] : [0, 0];
      if (look.zoom === "fit" && !box) [look.x, look.y] = this.data.focus;
      look.zoom = zoom;
      const now = this.scale;
      look.x += dx / before - dx / now;
      look.y += dy / before - dy / now;
      this.place();
      this.tell();
    }

    wheel(event, frame) {
      const active = this.root.contains(this.root.getRootNode().activeElement);
      if (!active && !event.ctrlKey) return;  // a page that only scrolls past is not stopped
      event.preventDefault();
      this.zoomTo(this.next(event.deltaY < 0 ? 1 : -1), frame, event);
    }

    grab(event, frame) {
      if (event.button) return;
      frame.setPointerCapture(event.pointerId);
      const slides = event.target === this.handle || (this.look.mode === "slider" && this.look.zoom === "fit");
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, slides });
      (event.target === this.handle ? this.handle : frame).focus({ preventScroll: true });
      event.preventDefault();
      if (slides) this.slideTo(event, frame);
    }

    slideTo(event, frame) {
      const box = frame.getBoundingClientRect();
      this.cutAt(100 * (event.clientX - box.left) / box.width);
    }

    move(event, frame) {
      const held = this.pointers.get(event.pointerId);
      if (!held) return;
      const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
      if (others.length) {
        const away = point => Math.hypot(point.x - others[0].x, point.y - others[0].y) || 1;
        const grown = away({ x: event.clientX, y: event.clientY }) / away(held);
        this.zoomTo(within(this.scale * grown, Math.min(this.fit, 1), LEVELS.at(-1)), frame, event);
      } else if (held.slides) {
        this.slideTo(event, frame);
      } else {
        this.look.x -= (event.clientX - held.x) / this.scale;
        this.look.y -= (event.clientY - held.y) / this.scale;
        this.place();
      }
      Object.assign(held, { x: event.clientX, y: event.clientY });
    }

    key(event) {
      if (event.target.matches("select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (["+", "="].includes(event.key)) this.step(1);
      else if (["-", "−"].includes(event.key)) this.step(-1);
      else if (event.key === "0") this.zoomTo("fit");
      else if (NAMED.includes(Number(event.key))) this.zoomTo(Number(event.key));
      else if (pans && this.frames.includes(event.target) && this.look.zoom !== "fit") {
        this.look.x += pans[0] * PAN_PX / this.scale;
        this.look.y += pans[1] * PAN_PX / this.scale;
        this.place();
      } else return;
      event.preventDefault();
    }

    // Put every sheet of every frame at the one zoom and place. Whole pixels: 1:1 is the picture's own pixels.
    place() {
      if (!this.data) return;
      this.say();
      if (!this.frames.length || !this.frames[0].clientWidth) return;
      const { look, scale } = this, [width, height] = this.data.size;
      const inside = (at, length, room) => length * scale > room + 1
        ? within(at, room / scale / 2, length - room / scale / 2) : length / 2;
      look.x = inside(look.x, width, this.frames[0].clientWidth);
      look.y = inside(look.y, height, this.frames[0].clientHeight);
      const whole = Math.abs(scale - Math.round(scale)) < 1e-6;
      this.frames.forEach(frame => {
        frame.classList.toggle("v-smooth", !whole);
        frame.classList.toggle("v-moves", look.zoom !== "fit");
        const left = Math.round(frame.clientWidth / 2 - look.x * scale), top = Math.round(frame.clientHeight / 2 - look.y * scale);
        frame.querySelectorAll(".v-sheet").forEach(sheet => {
          sheet.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
          sheet.style.setProperty("--scale", scale);
        });
      });
      ["fit", ...NAMED].forEach(zoom => this.bar.querySelector(`[data-does="zoom:${zoom}"]`).setAttribute("aria-pressed", String(look.zoom === zoom)));
    }

    say() {
      const { data, look } = this, whole = this.frames.length && Math.abs(this.scale - Math.round(this.scale)) < 1e-6;
      const zoom = this.frames.length ? [`zoom ${look.zoom === "fit" ? "fit, " : ""}${ratio(this.scale)}${whole ? "" : ", smoothed"}`] : [];
      const error = look.show.has("error") ? [`error map: |output − truth|, amplified ${data.gain}×, black = none`] : [];
      this.said.textContent = [...zoom, ...error, data.window, ...data.facts].filter(Boolean).join(" · ");
    }
  }

  return (root, data, emit = () => {}) => (root.viewer ??= new Viewer(root)).take(data, emit);
})();
