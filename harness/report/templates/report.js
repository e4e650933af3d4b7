(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Sort a task's strips by a number that the page wrote into each of them; strips without one go last.
  all("select[data-sort]").forEach(select => select.addEventListener("change", () => {
    const list = select.closest(".samples").querySelector(".strips");
    const [key, index] = select.value.split(":");
    const rank = strip => {
      const text = index === undefined ? strip.dataset[key] : strip.dataset[key].split(" ")[index];
      return text === "" || text === "-" ? Infinity : Number(text);
    };
    const falling = select.selectedOptions[0].dataset.falling === "1" ? -1 : 1;
    all(":scope > .strip", list)
      .map((strip, place) => ({ strip, place, value: rank(strip) }))
      .sort((a, b) => (a.value === Infinity) - (b.value === Infinity) || falling * (a.value - b.value) || a.place - b.place)
      .forEach(({ strip }) => list.append(strip));
  }));

  all("input[data-show]").forEach(input => input.addEventListener("change", () => {
    input.closest(".samples").dataset.show = input.value;
  }));

  // Hovering over an entry anywhere in a plot brings its line forward.
  all(".plot g[class*='e']").forEach(group => {
    const plot = group.closest(".plot");
    if (!group.classList.contains("line")) return;
    group.addEventListener("pointerenter", () => { plot.classList.add("focus"); group.classList.add("on"); });
    group.addEventListener("pointerleave", () => { plot.classList.remove("focus"); group.classList.remove("on"); });
  });

  // The viewer: output left of the slider, truth right of it; arrow keys go through the entries of the sample.
  const viewer = document.querySelector("#viewer");
  const part = name => viewer.querySelector(`[data-part=${name}]`);
  let tiles = [], at = 0;
  const show = step => {
    at = (at + step + tiles.length) % tiles.length;
    const tile = tiles[at], stage = part("stage"), image = tile.querySelector("img");
    stage.className = `stage ${tile.dataset.truth}`;
    stage.style.aspectRatio = tile.dataset.shape.replace(" ", "/");
    part("output").src = image.src;
    part("under").className = `under ${tile.dataset.truth}`;
    part("name").textContent = tile.dataset.name;
    part("sample").textContent = tile.dataset.sample;
    part("scores").textContent = tile.dataset.scores;
    part("file").textContent = tile.dataset.file;
    viewer.dataset.truth = tile.dataset.truth;
  };
  const slide = () => part("stage").style.setProperty("--cut", `${part("slider").value}%`);
  part("slider").addEventListener("input", slide);
  viewer.addEventListener("keydown", event => {
    if (document.activeElement === part("slider") && event.shiftKey === false) return;
    if (event.key === "ArrowRight") show(1);
    if (event.key === "ArrowLeft") show(-1);
  });
  part("previous").addEventListener("click", () => show(-1));
  part("next").addEventListener("click", () => show(1));
  part("close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", event => { if (event.target === viewer) viewer.close(); });
  all("button.look").forEach(button => button.addEventListener("click", () => {
    tiles = all("button.look", button.closest("[data-set]"));
    at = tiles.indexOf(button);
    part("slider").value = 100;
    slide();
    show(0);
    viewer.showModal();
    part("next").focus();
  }));
})();
