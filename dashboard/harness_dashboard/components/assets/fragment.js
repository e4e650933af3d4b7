// Shows a fragment that Python rendered with every value escaped. Nothing in it may act: scripts, handlers and frames
// are taken out again before it meets the page, should an escape ever be forgotten.
const FORBIDDEN = "script, iframe, object, embed, link, meta, base, form, foreignObject";
const inert = html => {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  parsed.querySelectorAll(FORBIDDEN).forEach(node => node.remove());
  parsed.querySelectorAll("*").forEach(node => [...node.attributes].forEach(({ name, value }) => {
    const outside = /^(href|src|xlink:href|action|formaction|srcset)$/i.test(name) && !/^(#|\?|data:image\/png;base64,)/.test(value);
    if (/^on/i.test(name) || outside) node.removeAttribute(name);
  }));
  return parsed.body.childNodes;
};

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
