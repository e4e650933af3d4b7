// Light or dark as Streamlit's theme is, which need not be the system's.
export function follow(element) {
  const paper = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = paper || "#fff";
  const value = parseInt(probe.fillStyle.slice(1, 7), 16);
  const light = ((value >> 16) * 3 + ((value >> 8) & 255) * 6 + (value & 255)) / 10 > 127;
  element.classList.toggle("dark", !light);
  element.classList.toggle("light", light);
}
