// The picture viewer of `harness.report` as a part of a page; how it looks goes back to Python, into the address.
export default function ({ data, parentElement, setStateValue }) {
  let root = parentElement.querySelector(".theme");
  if (!root) {
    root = document.createElement("div");
    root.className = "theme";
    parentElement.append(root);
  }
  follow(root);
  mountViewer(root, data, setStateValue);
}
