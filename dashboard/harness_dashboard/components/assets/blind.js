// Two pictures of one sample, nobody knows whose: one window, one magnification, three answers. The page is told a
// trial's token and its pixels, no name. Keys work wherever the focus is, but not while somebody types.
const STEPS = [1, 2, 3, 4, 6, 8];
const TALLEST = 0.62; // share of the window's height
const KEYS = {
  ArrowLeft: "left", a: "left", A: "left", ArrowRight: "right", b: "right", B: "right", ArrowUp: "same", s: "same", S: "same",
};
const MARKUP = `
  <p class="question"></p>
  <div class="progress"><div class="track"><div></div></div><span class="count num"></span></div>
  <div class="panes">
    <figure data-side="left"><div class="pane"><img alt="picture A" draggable="false"></div><figcaption>A</figcaption></figure>
    <figure data-side="right"><div class="pane"><img alt="picture B" draggable="false"></div><figcaption>B</figcaption></figure>
    <figure data-side="truth"><div class="pane"><img alt="reference" draggable="false"></div><figcaption>reference</figcaption></figure>
  </div>
  <div class="answers">
    <button type="button" data-answer="left"><b>A</b> is better <kbd>←</kbd></button>
    <button type="button" data-answer="same">the same <kbd>↑</kbd></button>
    <button type="button" data-answer="right"><b>B</b> is better <kbd>→</kbd></button>
  </div>
  <div class="tools"><button type="button" data-zoom="-1" aria-label="smaller">−</button><span class="zoom num"></span>
    <button type="button" data-zoom="1" aria-label="larger">+</button>
    <span class="hint">Keys: <kbd>A</kbd> <kbd>S</kbd> <kbd>B</kbd> answer, <kbd>+</kbd> <kbd>−</kbd> magnify, <kbd>0</kbd> back to 1:1; drag to move both.</span></div>`;

class Turn {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "theme blind";
    this.root.tabIndex = -1;
    this.root.innerHTML = MARKUP;
    parent.append(this.root);
    this.figures = Object.fromEntries([...this.root.querySelectorAll("figure")].map(f => [f.dataset.side, f]));
    this.root.querySelectorAll("[data-answer]").forEach(b => b.addEventListener("click", () => this.answer(b.dataset.answer)));
    this.root.querySelectorAll("[data-zoom]").forEach(b => b.addEventListener("click", () => this.step(+b.dataset.zoom)));
    this.root.querySelectorAll(".pane").forEach(pane => this.dragged(pane));
    this.key = event => this.pressed(event);
    this.resize = () => this.draw();
    this.watch = new ResizeObserver(this.resize);
  }

  enter() {
    document.addEventListener("keydown", this.key);
    this.watch.observe(this.root);
  }

  leave() {
    document.removeEventListener("keydown", this.key);
    this.watch.disconnect();
  }

  async show(data) {
    this.token = data.token;
    this.attempt = data.attempt;
    this.ready = false;
    this.root.classList.add("wait");
    const pictures = ["left", "right", "truth"].filter(side => data[side]);
    this.root.querySelector(".question").textContent = data.question;
    this.figures.truth.hidden = !data.truth;
    pictures.forEach(side => { this.figures[side].querySelector("img").src = data[side]; });
    this.root.querySelector(".track div").style.width = `${100 * data.done / data.total}%`;
    this.root.querySelector(".count").textContent = `${data.done + 1} of ${data.total}`;
    await Promise.all(pictures.map(side => this.figures[side].querySelector("img").decode()));
    if (this.token !== data.token) return;
    const first = this.figures.left.querySelector("img");
    Object.assign(this, { width: first.naturalWidth, height: first.naturalHeight, zoom: 1, most: 1, panned: false });
    [this.startX, this.startY] = [data.x, data.y];
    [this.x, this.y] = [data.x, data.y];
    this.draw();
    this.root.classList.remove("wait");
    this.root.focus({ preventScroll: true });
    this.since = performance.now();
    this.ready = true;
  }

  draw() {
    if (!this.width) return;
    const wide = this.root.clientWidth >= 720 && !this.figures.truth.hidden ? 3 : 2;
    const room = Math.floor((this.root.clientWidth - 12 * (wide - 1)) / wide);
    const across = Math.min(this.width * this.zoom, room);
    const tall = Math.min(this.height * this.zoom, Math.max(160, Math.floor(TALLEST * window.innerHeight)));
    this.x = this.kept(this.x, this.width, across);
    this.y = this.kept(this.y, this.height, tall);
    Object.values(this.figures).forEach(figure => {
      const pane = figure.querySelector(".pane"), image = figure.querySelector("img");
      Object.assign(pane.style, { width: `${across}px`, height: `${tall}px` });
      Object.assign(image.style, {
        width: `${this.width * this.zoom}px`, height: `${this.height * this.zoom}px`,
        left: `${Math.round(across / 2 - this.x * this.zoom)}px`, top: `${Math.round(tall / 2 - this.y * this.zoom)}px`,
      });
    });
    this.root.querySelector(".zoom").textContent = this.zoom === 1 ? "1:1" : `${this.zoom}:1`;
  }

  kept(middle, length, shown) { // a window never leaves the picture
    const half = shown / this.zoom / 2;
    return Math.min(Math.max(middle, half), length - half);
  }

  step(way) {
    const place = STEPS.indexOf(this.zoom) + way;
    if (!this.ready || place < 0 || place >= STEPS.length) return;
    this.zoom = STEPS[place];
    this.most = Math.max(this.most, this.zoom);
    this.draw();
  }

  dragged(pane) {
    let from = null;
    pane.addEventListener("pointerdown", event => {
      if (!this.ready) return;
      from = [event.clientX, event.clientY, this.x, this.y];
      pane.setPointerCapture(event.pointerId);
    });
    pane.addEventListener("pointermove", event => {
      if (!from) return;
      const before = [this.x, this.y];
      this.x = from[2] - (event.clientX - from[0]) / this.zoom;
      this.y = from[3] - (event.clientY - from[1]) / this.zoom;
      this.draw();
      this.panned ||= before[0] !== this.x || before[1] !== this.y;
    });
    ["pointerup", "pointercancel"].forEach(name => pane.addEventListener(name, () => { from = null; }));
    pane.addEventListener("wheel", event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.step(event.deltaY < 0 ? 1 : -1);
    }, { passive: false });
  }

  pressed(event) {
    const at = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || /^(input|textarea|select)$/i.test(at.tagName) || at.isContentEditable) return;
    if (KEYS[event.key]) this.answer(KEYS[event.key]);
    else if (event.key === "+" || event.key === "=") this.step(1);
    else if (event.key === "-") this.step(-1);
    else if (event.key === "0") { Object.assign(this, { zoom: 1, x: this.startX, y: this.startY }); this.draw(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  answer(choice) {
    if (!this.ready) return; // not before both pictures stand there, and once only
    this.ready = false;
    this.root.classList.add("wait");
    const seconds = (performance.now() - this.since) / 1000;
    this.send({ token: this.token, choice, seconds, zoom: this.most, panned: this.panned });
  }
}

const turns = new WeakMap();
export default function ({ data, parentElement, setTriggerValue }) {
  if (!turns.has(parentElement)) turns.set(parentElement, new Turn(parentElement));
  const turn = turns.get(parentElement);
  turn.send = answer => setTriggerValue("answer", answer);
  turn.enter();
  follow(turn.root);
  if (turn.token !== data.token || turn.attempt !== data.attempt) turn.show(data);
  return () => turn.leave();
}
