// The page of samples: which task, sample and entries the viewer shows. Every text is set as text.
const tasks = JSON.parse(document.querySelector("#data").textContent), MOST = 6;
const part = name => document.querySelector(`[data-${name}]`);
const viewer = document.querySelector("#viewer");
if (viewer) {
  const given = new URLSearchParams(location.hash.slice(1));
  const state = { task: 0, sample: 0, entries: [], look: given.get("look") || "" };
  const task = () => tasks[state.task], sample = () => task().samples[state.sample];

  const tell = () => history.replaceState(null, "", `#${new URLSearchParams({
    task: task().key, sample: sample().sample, entries: state.entries.join("|"), ...(state.look ? { look: state.look } : {}),
  })}`);

  const draw = () => {
    const { panes, ...rest } = sample();
    part("sample").value = String(state.sample);
    all("[data-thumbs] button").forEach((button, place) => button.setAttribute("aria-pressed", String(place === state.sample)));
    mountViewer(viewer, { ...rest, panes: panes.filter(pane => state.entries.includes(pane.entry)), look: state.look },
      (_, look) => { state.look = look; tell(); });
  };

  const choose = place => { state.sample = (place + task().samples.length) % task().samples.length; draw(); tell(); };

  const entries = () => {
    const box = part("entries"), legend = box.querySelector("legend");
    box.replaceChildren(legend, ...task().samples[0].panes.map(pane => {
      const label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "checkbox", value: pane.entry, checked: state.entries.includes(pane.entry) });
      input.addEventListener("change", () => {
        const chosen = all("input:checked", box).map(one => one.value);
        if (chosen.length > MOST) { input.checked = false; return; }
        state.entries = chosen;
        draw();
        tell();
      });
      label.append(input, pane.title);
      return label;
    }));
  };

  const thumbs = () => part("thumbs").replaceChildren(...task().samples.map((one, place) => {
    const button = document.createElement("button"), pair = document.createElement("span");
    button.type = "button";
    pair.className = "pair";
    [one.truth, one.hole].filter(Boolean).forEach(source => {
      const image = document.createElement("img");
      Object.assign(image, { loading: "lazy", alt: "" });
      image.src = source;
      pair.append(image);
    });
    button.append(pair, one.title);
    button.addEventListener("click", () => { choose(place); viewer.scrollIntoView({ block: "nearest" }); });
    return button;
  }));

  const open = wanted => {
    const names = task().samples[0].panes.map(pane => pane.entry);
    state.entries = state.entries.filter(name => names.includes(name)).slice(0, MOST);
    if (!state.entries.length) state.entries = names.slice(0, 2);
    state.sample = Math.max(0, task().samples.findIndex(one => one.sample === wanted));
    part("sample").replaceChildren(...task().samples.map((one, place) => new Option(`${one.title} · ${one.facts[0] || ""}`, String(place))));
    part("told").textContent = task().told;
    entries();
    thumbs();
    draw();
  };

  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    state.task = Math.max(0, tasks.findIndex(one => one.key === asked.get("task")));
    state.entries = (asked.get("entries") || "").split("|").filter(Boolean);
    part("task").value = task().key;
    open(asked.get("sample"));
  };
  part("task").addEventListener("change", () => { state.task = part("task").selectedIndex; open(""); tell(); });
  part("sample").addEventListener("change", () => choose(Number(part("sample").value)));
  all("[data-step]").forEach(button => button.addEventListener("click", () => choose(state.sample + Number(button.dataset.step))));
  addEventListener("hashchange", read);
  read();
}
