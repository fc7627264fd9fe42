// Hides labels that would stand on each other: names of grids win over stations, stations over roads.
function declutter(map) {
  const kept = [];
  const clashes = (box) => kept.some((other) =>
    box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
  for (const badge of map.getContainer().querySelectorAll(".mark .badge")) kept.push(badge.getBoundingClientRect());
  for (const kind of [".grid-name", ".station-name", ".road-name"]) {
    for (const label of map.getContainer().querySelectorAll(`.mark ${kind}`)) {
      const box = label.getBoundingClientRect();
      const hidden = kind !== ".grid-name" && clashes(box);
      label.style.visibility = hidden ? "hidden" : "visible";
      if (!hidden) kept.push(box);
    }
  }
}
