// The form that grants a post: a grid is asked for where the role is bound to one, and only those of the chosen area are
// offered. Without this script all are, and the server says what does not fit.

const form = document.querySelector<HTMLFormElement>("#grant-form");
const role = form?.querySelector<HTMLSelectElement>("#role");
const area = form?.querySelector<HTMLSelectElement>("#area");
const grid = form?.querySelector<HTMLSelectElement>("#grid");
const field = form?.querySelector<HTMLElement>("#grid-field");

if (role && area && grid && field) {
  const offer = (): void => {
    for (const community of grid.querySelectorAll("optgroup")) {
      const within = (community.dataset["within"] ?? "").split(" ").includes(area.value);
      community.hidden = !within;
      community.disabled = !within;
    }
    field.hidden = role.selectedOptions[0]?.dataset["grid"] === undefined;
    if (field.hidden || grid.selectedOptions[0]?.closest("optgroup")?.disabled) grid.value = "";
  };
  role.addEventListener("change", offer);
  area.addEventListener("change", offer);
  offer();
}
