// Thumbnails to choose a sample by. A click names the sample to Python; names are set as text.
export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".theme");
  if (!root) {
    root = document.createElement("div");
    root.className = "theme";
    parentElement.append(root);
  }
  follow(root);
  const grid = document.createElement("div");
  grid.className = "thumbs";
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", "Samples of this page");
  data.items.forEach(item => {
    const button = document.createElement("button"), frame = document.createElement("span");
    button.type = "button";
    button.title = item.sample;
    button.setAttribute("aria-pressed", String(item.sample === data.chosen));
    frame.className = "shot";
    if (item.thumb) {
      const image = document.createElement("img");
      image.src = item.thumb;
      image.alt = "";
      frame.append(image);
    } else {
      frame.textContent = "no picture";
    }
    const [title, value] = [document.createElement("b"), document.createElement("small")];
    title.textContent = item.title;
    value.textContent = item.value;
    button.append(frame, title, value);
    button.addEventListener("click", () => setTriggerValue("picked", item.sample));
    grid.append(button);
  });
  root.replaceChildren(grid);
}
