// What a page of the site does: shows one of its parts, filters cards, brings a line forward. What is chosen stands in
// the address, behind `#`. Nothing is fetched, and no text becomes HTML.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const asked = () => new URLSearchParams(location.hash.slice(1));
const keep = chosen => history.replaceState(null, "", `#${new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ""))}`);

const lift = root => all(".plot g.line", root).forEach(group => {
  const plot = group.closest(".plot");
  const mark = on => () => { plot.classList.toggle("focus", on); group.classList.toggle("on", on); };
  group.addEventListener("pointerenter", mark(true));
  group.addEventListener("pointerleave", mark(false));
});

const chooser = document.querySelector("[data-choosing]");
if (chooser) {
  const selects = all("[data-facet]", chooser), region = chooser.querySelector("[data-regions]"), part = document.querySelector("#part");
  const parts = all("template[data-values]").map(template => ({ template, values: JSON.parse(template.dataset.values) }));
  let shown = null;

  // Options that no part has beside what is chosen before them cannot be chosen.
  const settle = () => selects.reduce((left, select, place) => {
    const there = new Set(left.map(one => one.values[place]));
    [...select.options].forEach(option => { option.disabled = option.hidden = !there.has(option.value); });
    if (!there.has(select.value)) select.value = left[0].values[place];
    return left.filter(one => one.values[place] === select.value);
  }, parts)[0];

  const restrict = () => all(".metrics", part).forEach(table => {
    const labels = all("tbody tr:first-child td", table).map(cell => cell.dataset.label);
    const hidden = labels.map(label => label !== undefined && region.value !== "any" && (label.split("@")[1] || "") !== region.value);
    all("tr", table).forEach(row => [...row.children].forEach((cell, place) => { cell.hidden = hidden[place]; }));
  });

  const show = () => {
    const found = settle();
    if (found !== shown) {
      part.replaceChildren(found.template.content.cloneNode(true));
      lift(part);
      shown = found;
    }
    if (region) restrict();
  };
  const read = () => {
    const given = asked();
    selects.forEach(select => { if ([...select.options].some(option => option.value === given.get(select.dataset.facet))) select.value = given.get(select.dataset.facet); });
    if (region && given.has("region") && [...region.options].some(option => option.value === given.get("region"))) region.value = given.get("region");
    show();
  };
  chooser.addEventListener("change", () => {
    show();
    // The whole picture is a region without a name.
    const of = region && region.value !== "any" ? `&region=${encodeURIComponent(region.value)}` : "";
    history.replaceState(null, "", `#${new URLSearchParams(selects.map(select => [select.dataset.facet, select.value]))}${of}`);
  });
  addEventListener("hashchange", read);
  read();
}

const search = document.querySelector("[data-searching]");
if (search) {
  const can = search.querySelector("[data-can]"), find = search.querySelector("[data-find]"), count = search.querySelector("[data-count]");
  const cards = all(".card[data-words]");
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    cards.forEach(card => {
      const fits = (!can.value || card.dataset.capabilities.split(" ").includes(can.value)) && words.every(word => card.dataset.words.includes(word));
      card.hidden = !fits;
    });
    count.textContent = `${cards.filter(card => !card.hidden).length} of ${cards.length} methods`;
  };
  can.value = [...can.options].some(option => option.value === asked().get("can")) ? asked().get("can") : "";
  find.value = asked().get("find") || "";
  search.addEventListener("input", () => { filter(); keep({ can: can.value, find: find.value }); });
  filter();
}
