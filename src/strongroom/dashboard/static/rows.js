/** Long tables of methods: a field that hides the rows that do not match, and a word on how many are left. */
export function watchRows() {
  for (const field of document.querySelectorAll("[data-filters]")) {
    const rows = [...document.querySelectorAll(`#${field.dataset.filters} [data-words]`)];
    field.closest("[hidden]")?.removeAttribute("hidden");
    field.addEventListener("input", () => filter(rows, field.value.trim().toLowerCase()));
  }
}

function filter(rows, wanted) {
  let left = 0;
  for (const row of rows) {
    const matches = row.dataset.words.toLowerCase().includes(wanted);
    row.hidden = !matches;
    left += matches;
  }
  document.getElementById("announcer").textContent = `${left} shown`;
}
