// Shows a fragment that Python rendered with every value escaped; `inert` makes sure that nothing in it acts.
export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".theme");
  if (!root) {
    root = document.createElement("div");
    root.className = "theme";
    parentElement.append(root);
  }
  root.replaceChildren(...inert(data));
  follow(root);
  root.querySelectorAll(".plot g.line").forEach(group => {
    const plot = group.closest(".plot");
    const mark = on => () => { plot.classList.toggle("focus", on); group.classList.toggle("on", on); };
    group.addEventListener("pointerenter", mark(true));
    group.addEventListener("pointerleave", mark(false));
  });
}
