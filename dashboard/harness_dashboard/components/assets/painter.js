// Draws a mask over a picture, at the picture's own pixels: what is seen is exactly what is sent, a grey PNG of one bit.
// data: id (another id is another picture), picture, mask (one to begin with, or ""), mode (free; grow: what the first
// mask has stays; cut: nothing is added to it), box [left, top, right, bottom] or null, actions [{name, label, when}]
// with `when` any, marked or empty, turn. A click on an action sends {id, action, mask} as the trigger `done`, and the
// actions wait until Python answers with another turn.
const ZOOMS = [0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32], HISTORY = 200, DRAFT = "harness.painter.";
const SHADES = { added: [255, 0, 255, 140], kept: [255, 166, 0, 140], removed: [120, 190, 255, 90] };
const TOOLS = { brush: ["Brush", "b"], eraser: ["Eraser", "e"], rectangle: ["Rectangle", "m"], move: ["Move", "h"] };
const HELP = "Mask painter. B brush, E eraser, M rectangle, H move, [ and ] size, arrow keys move the brush and the space bar "
  + "paints, plus and minus zoom, 0 fits, 1 is one to one, V shows the mask, Ctrl+Z and Ctrl+Y undo and redo, Ctrl+Enter saves.";
const within = (value, low, high) => Math.min(Math.max(value, low), high);

const node = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...children);
  return made;
};

class Painter {
  constructor(parent) {
    this.root = node("div", { class: "theme painter" });
    this.stage = node("div", { class: "p-stage" });
    this.canvas = node("canvas", { tabindex: 0, role: "application", "aria-label": HELP });
    this.status = node("p", { class: "p-status", role: "status" });
    this.actions = node("div", { class: "p-actions" });
    this.tools = {};
    this.pointers = new Map();
    this.cursor = this.stroke = null;
    this.size = 24;
    this.shown = true;
    this.stage.append(this.canvas);
    this.root.append(this.toolbar(), this.stage, this.status, this.actions);
    parent.append(this.root);
    this.listen();
    new ResizeObserver(() => this.fitted && this.ready && this.fit()).observe(this.root);
  }

  button(label, title, act, kind = "") {
    const made = node("button", { type: "button", title, "aria-label": title, class: kind }, label);
    made.addEventListener("click", () => { if (this.ready) act(); });
    return made;
  }

  toolbar() {
    const group = (...parts) => node("div", { class: "p-group" }, ...parts);
    Object.entries(TOOLS).forEach(([name, [label, key]]) => {
      this.tools[name] = this.button(label, `${label} (${key.toUpperCase()})`, () => this.take(name), "p-tool");
    });
    this.slider = node("input", { type: "range", min: 1, max: 200, value: this.size, "aria-label": "Size of the brush" });
    this.slider.addEventListener("input", () => this.resize(Number(this.slider.value)));
    this.sized = node("output", {}, `${this.size} px`);
    this.undoing = this.button("Undo", "Undo (Ctrl+Z)", () => this.undo());
    this.redoing = this.button("Redo", "Redo (Ctrl+Y)", () => this.redo());
    this.clearing = this.button("Clear", "Clear", () => this.clear());
    this.showing = this.button("Mask", "Show the mask (V)", () => this.reveal());
    const out = this.button("−", "Zoom out (−)", () => this.step(-1)), into = this.button("+", "Zoom in (+)", () => this.step(1));
    return node("div", { class: "p-bar" }, group(...Object.values(this.tools)), group(this.slider, this.sized),
      group(this.undoing, this.redoing, this.clearing),
      group(out, into, this.button("1:1", "One to one (1)", () => this.zoom(1)), this.button("Fit", "Fit (0)", () => this.fit()), this.showing));
  }

  async show(data, send) {
    this.send = send;
    if (this.turn !== data.turn) this.busy = false;
    this.turn = data.turn;
    if (this.sent && this.sent !== data.id) sessionStorage.removeItem(DRAFT + this.sent); // what was sent was taken
    this.sent = "";
    follow(this.root);
    if (this.data?.id !== data.id) await this.open(data);
    else {
      this.data = data;
      if (this.ready) this.offer(); // else the picture is still on its way, and its opening offers them
    }
  }

  async open(data) {
    this.data = data;
    this.ready = false;
    const picture = await loaded(data.picture), [width, height] = [picture.naturalWidth, picture.naturalHeight];
    const draft = sessionStorage.getItem(DRAFT + data.id);
    const base = data.mask ? await bits(data.mask, width, height) : new Uint8Array(width * height);
    const mask = draft ? await bits(draft, width, height) : base.slice();
    if (this.data.id !== data.id) return; // another picture was asked for meanwhile
    Object.assign(this, { picture, width, height, base, mask, past: [], future: [], stroke: null, cursor: null });
    this.layer = Object.assign(document.createElement("canvas"), { width, height });
    this.resize(within(Math.round(Math.max(width, height) / 20), 3, 200));
    this.take(data.mode === "cut" ? "eraser" : "brush");
    this.tint({ x0: 0, y0: 0, x1: width, y1: height });
    this.count();
    this.ready = true;
    this.offer();
    this.fit();
    this.root.dataset.ready = data.id;
  }

  offer() { // the actions, made anew only where they changed: a click must not meet a button that is being replaced
    const told = JSON.stringify(this.data.actions);
    if (this.offered !== told) {
      this.offered = told;
      this.actions.replaceChildren(...this.data.actions.map(({ name, label }, number) =>
        this.button(label, number ? label : `${label} (Ctrl+Enter)`, () => this.finish(name), number ? "" : "p-first")));
    }
    this.refresh();
  }

  async finish(action) {
    const { id, actions } = this.data, { when } = actions.find(({ name }) => name === action);
    if (this.busy || !this.fits(when)) return;
    this.busy = true;
    this.refresh();
    const mask = await png(this.mask, this.width, this.height);
    this.sent = id;
    this.send("done", { id, action, mask });
  }

  fits(when) { return when === "any" || (this.area > 0) === (when === "marked"); }

  // ---- pixels

  may(i, value) { return this.data.mode === "free" || (value ? this.data.mode === "grow" || this.base[i] : this.data.mode === "cut" || !this.base[i]); }

  fill(x0, x1, y, value) {
    if (y < 0 || y >= this.height) return;
    for (let x = Math.max(0, x0); x < Math.min(this.width, x1); x++) {
      const i = y * this.width + x;
      if (this.may(i, value)) this.mask[i] = value;
    }
  }

  stamp(x, y, value) { // pixels whose middle lies in the disc; an odd size is centred on a pixel, an even one on a corner
    const centre = v => this.size % 2 ? Math.floor(v) + 0.5 : Math.round(v), r = this.size / 2, cx = centre(x), cy = centre(y);
    for (let row = Math.floor(cy - r); row <= cy + r; row++) {
      const half = r * r - (row + 0.5 - cy) ** 2;
      if (half >= 0) this.fill(Math.ceil(cx - Math.sqrt(half) - 0.5), Math.floor(cx + Math.sqrt(half) - 0.5) + 1, row, value);
    }
    return { x0: cx - r, y0: cy - r, x1: cx + r, y1: cy + r };
  }

  line(from, to, value) {
    const far = Math.hypot(to.x - from.x, to.y - from.y), steps = Math.ceil(far / Math.max(1, this.size / 6)) || 1;
    for (let k = 0; k <= steps; k++) this.touched(this.stamp(from.x + (to.x - from.x) * k / steps, from.y + (to.y - from.y) * k / steps, value));
  }

  touched({ x0, y0, x1, y1 }) {
    const area = { x0: within(Math.floor(x0), 0, this.width), y0: within(Math.floor(y0), 0, this.height),
      x1: within(Math.ceil(x1) + 1, 0, this.width), y1: within(Math.ceil(y1) + 1, 0, this.height) }, all = this.stroke.area;
    this.tint(area);
    this.stroke.area = all ? { x0: Math.min(all.x0, area.x0), y0: Math.min(all.y0, area.y0), x1: Math.max(all.x1, area.x1), y1: Math.max(all.y1, area.y1) } : area;
  }

  tint({ x0, y0, x1, y1 }) {
    if (x1 <= x0 || y1 <= y0) return;
    const pixels = new ImageData(x1 - x0, y1 - y0);
    for (let y = y0, to = 0; y < y1; y++) for (let x = x0; x < x1; x++, to += 4) {
      const i = y * this.width + x, [now, before] = [this.mask[i], this.base[i]];
      if (now || before) pixels.data.set(SHADES[!now ? "removed" : before && this.data.mode === "grow" ? "kept" : "added"], to);
    }
    this.layer.getContext("2d").putImageData(pixels, x0, y0);
  }

  cut(source, { x0, y0, x1, y1 }) {
    const made = new Uint8Array((x1 - x0) * (y1 - y0));
    for (let y = y0; y < y1; y++) made.set(source.subarray(y * this.width + x0, y * this.width + x1), (y - y0) * (x1 - x0));
    return made;
  }

  paste(patch, { x0, y0, x1, y1 }) {
    for (let y = y0; y < y1; y++) this.mask.set(patch.subarray((y - y0) * (x1 - x0), (y - y0 + 1) * (x1 - x0)), y * this.width + x0);
    this.tint({ x0, y0, x1, y1 });
  }

  begin() { this.stroke = { before: this.mask.slice(), area: null }; }

  commit() {
    const { before, area } = this.stroke || {};
    this.stroke = null;
    if (area && area.x1 > area.x0 && area.y1 > area.y0) {
      this.past = [...this.past, { area, before: this.cut(before, area), after: this.cut(this.mask, area) }].slice(-HISTORY);
      this.future = [];
    }
    this.changed();
  }

  abandon() {
    if (this.stroke?.before) { this.mask = this.stroke.before; this.tint({ x0: 0, y0: 0, x1: this.width, y1: this.height }); }
    this.stroke = null;
  }

  undo() { const last = this.past.pop(); if (last) { this.future.push(last); this.paste(last.before, last.area); this.changed(); } }
  redo() { const next = this.future.pop(); if (next) { this.past.push(next); this.paste(next.after, next.area); this.changed(); } }

  clear() {
    this.begin();
    for (let y = 0; y < this.height; y++) this.fill(0, this.width, y, 0);
    this.touched({ x0: 0, y0: 0, x1: this.width, y1: this.height });
    this.commit();
  }

  changed() { // kept for a reload of the page until it is sent
    this.count();
    this.refresh();
    const { id } = this.data;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(async () => {
      const draft = await png(this.mask, this.width, this.height);
      if (this.data.id === id && !this.busy) sessionStorage.setItem(DRAFT + id, draft);
    }, 300);
  }

  // ---- view

  count() { this.area = this.mask.reduce((sum, one) => sum + one, 0); }

  refresh() {
    const share = 100 * this.area / this.mask.length, ratio = this.scale >= 1 ? `${this.scale}:1` : `1:${Math.round(100 / this.scale) / 100}`;
    this.status.textContent = `${this.width} × ${this.height} px · shown ${ratio} · ${share.toFixed(share < 10 ? 2 : 1)} % marked`;
    [...this.actions.children].forEach((button, i) => { button.disabled = this.busy || !this.fits(this.data.actions[i].when); });
    this.undoing.disabled = !this.past.length;
    this.redoing.disabled = !this.future.length;
    this.showing.setAttribute("aria-pressed", this.shown);
    this.draw();
  }

  draw() {
    if (!this.ready) return;
    const sharp = window.devicePixelRatio || 1, context = this.canvas.getContext("2d"), [w, h] = [this.stage.clientWidth, this.stage.clientHeight];
    if (this.canvas.width !== Math.round(w * sharp) || this.canvas.height !== Math.round(h * sharp))
      Object.assign(this.canvas, { width: Math.round(w * sharp), height: Math.round(h * sharp) });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(sharp * this.scale, 0, 0, sharp * this.scale, sharp * this.left, sharp * this.top);
    context.imageSmoothingEnabled = this.scale < 1;
    context.drawImage(this.picture, 0, 0);
    if (this.shown) context.drawImage(this.layer, 0, 0);
    const both = drawing => [["#000c", 3], ["#fff", 1.2]].forEach(([colour, width]) => {
      Object.assign(context, { strokeStyle: colour, lineWidth: width / this.scale });
      drawing();
    });
    if (this.data.box) {
      const [x0, y0, x1, y1] = this.data.box;
      both(() => { context.setLineDash([6 / this.scale, 4 / this.scale]); context.strokeRect(x0, y0, x1 - x0, y1 - y0); });
      context.setLineDash([]);
    }
    const { from } = this.stroke || {}, at = this.cursor;
    if (from && at) both(() => context.strokeRect(from.x, from.y, at.x - from.x, at.y - from.y));
    else if (at && (this.tool === "brush" || this.tool === "eraser"))
      both(() => { context.beginPath(); context.arc(at.x, at.y, this.size / 2, 0, 7); context.stroke(); });
  }

  fit() {
    this.fitted = true;
    const [w, h] = [this.root.clientWidth, Math.max(240, window.innerHeight * 0.7)], whole = Math.min(w / this.width, h / this.height);
    this.scale = whole >= 1 ? Math.floor(whole) : whole;
    this.stage.style.height = `${Math.max(120, Math.ceil(this.height * this.scale))}px`;
    this.left = (w - this.width * this.scale) / 2;
    this.top = (this.stage.clientHeight - this.height * this.scale) / 2;
    this.refresh();
  }

  zoom(scale, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    this.fitted = false;
    const next = within(scale, ZOOMS[0], ZOOMS.at(-1)), by = next / this.scale;
    [this.left, this.top, this.scale] = [x - (x - this.left) * by, y - (y - this.top) * by, next];
    this.pan(0, 0);
    this.refresh();
  }

  step(direction, x, y) {
    const further = direction > 0 ? ZOOMS.find(z => z > this.scale) : ZOOMS.findLast(z => z < this.scale);
    if (further) this.zoom(further, x, y);
  }

  pan(dx, dy) { // the middle of the stage stays over the picture
    const [w, h] = [this.stage.clientWidth / 2, this.stage.clientHeight / 2];
    this.left = within(this.left + dx, w - this.width * this.scale, w);
    this.top = within(this.top + dy, h - this.height * this.scale, h);
  }

  take(tool) {
    this.tool = tool;
    Object.entries(this.tools).forEach(([name, button]) => button.setAttribute("aria-pressed", name === tool));
    this.canvas.style.cursor = { move: "grab", rectangle: "crosshair" }[tool] || "none";
  }

  resize(size) { this.size = within(Math.round(size), 1, 200); this.slider.value = this.size; this.sized.textContent = `${this.size} px`; this.draw(); }
  reveal() { this.shown = !this.shown; this.refresh(); }

  // ---- hands

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left - this.left) / this.scale, y: (event.clientY - box.top - this.top) / this.scale };
  }

  listen() {
    const on = (name, act) => this.canvas.addEventListener(name, event => this.ready && act(event), { passive: false });
    on("pointerdown", event => this.down(event));
    on("pointermove", event => this.moved(event));
    ["pointerup", "pointercancel"].forEach(name => on(name, event => this.up(event)));
    on("pointerleave", () => { if (!this.pointers.size) { this.cursor = null; this.draw(); } });
    on("wheel", event => {
      if (!event.ctrlKey && !event.metaKey) return; // a page is scrolled by the wheel alone
      event.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      this.step(-Math.sign(event.deltaY), event.clientX - box.left, event.clientY - box.top);
    });
    this.root.addEventListener("keydown", event => {
      event.stopPropagation(); // Streamlit's own shortcuts
      if (this.ready && event.target === this.canvas && this.key(event)) event.preventDefault();
    });
  }

  get value() { return this.tool === "eraser" || (this.tool === "rectangle" && this.data.mode === "cut") ? 0 : 1; }

  down(event) {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    const at = this.cursor = this.at(event);
    if (this.pointers.size > 1) this.abandon(); // two fingers move and zoom
    else if (this.tool !== "move" && event.button === 0) {
      this.begin();
      if (this.tool === "rectangle") this.stroke.from = { x: Math.round(at.x), y: Math.round(at.y) };
      else this.line(at, at, this.value);
    }
    this.draw();
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId), at = this.at(event);
    if (before && this.pointers.size > 1) this.pinch(event, before);
    else if (before && this.stroke && !this.stroke.from) this.line(this.cursor, at, this.value);
    else if (before && !this.stroke) { this.fitted = false; this.pan(event.clientX - before.clientX, event.clientY - before.clientY); }
    if (before) this.pointers.set(event.pointerId, event);
    this.cursor = at;
    this.draw();
  }

  pinch(event, before) {
    const other = [...this.pointers.values()].find(one => one.pointerId !== event.pointerId), box = this.canvas.getBoundingClientRect();
    const apart = one => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    this.pan((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
    this.zoom(this.scale * apart(event) / apart(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.stroke) return;
    const { from } = this.stroke, to = this.at(event);
    if (from) {
      const [x0, x1] = [from.x, Math.round(to.x)].sort((a, b) => a - b), [y0, y1] = [from.y, Math.round(to.y)].sort((a, b) => a - b);
      for (let y = y0; y < y1; y++) this.fill(x0, x1, y, this.value);
      this.touched({ x0, y0, x1, y1 });
    }
    this.commit();
  }

  key(event) {
    const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
    if (command && key === "enter") this.actions.querySelector("button:enabled")?.click();
    else if (command && (key === "y" || (key === "z" && event.shiftKey))) this.redo();
    else if (command && key === "z") this.undo();
    else if (command) return false;
    else if (key === "[" || key === "]") this.resize(this.size + (key === "[" ? -1 : 1) * Math.max(1, Math.round(this.size / 8)));
    else if (key === "+" || key === "=") this.step(1);
    else if (key === "-") this.step(-1);
    else if (key === "0") this.fit();
    else if (key === "1") this.zoom(1);
    else if (key === "v") this.reveal();
    else if (key === " ") this.dab();
    else if (key.startsWith("arrow")) this.nudge(key);
    else {
      const tool = Object.keys(TOOLS).find(name => TOOLS[name][1] === key);
      if (!tool) return false;
      this.take(tool);
    }
    this.draw();
    return true;
  }

  nudge(key) {
    const by = Math.max(1, Math.round(this.size / 4)), at = this.cursor || { x: this.width / 2, y: this.height / 2 };
    const [dx, dy] = { arrowleft: [-by, 0], arrowright: [by, 0], arrowup: [0, -by], arrowdown: [0, by] }[key];
    this.cursor = { x: within(at.x + dx, 0, this.width), y: within(at.y + dy, 0, this.height) };
  }

  dab() {
    this.cursor = this.cursor || { x: this.width / 2, y: this.height / 2 };
    this.begin();
    this.line(this.cursor, this.cursor, this.value);
    this.commit();
  }
}

const painters = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!painters.has(parentElement)) painters.set(parentElement, new Painter(parentElement));
  painters.get(parentElement).show(data, setTriggerValue);
}
