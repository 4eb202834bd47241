/** Long tables of methods: a field that hides the rows that do not match, and a word on how many are left. */
export function watchRows() {
  for (const field of document.querySelectorAll("[data-filters]")) {
    const rows = [...document.querySelectorAll(`#${field.dataset.filters} [data-words]`)];
    field.closest("[hidden]")?.removeAttribute("hidden");
    field.addEventListener("input", () => filter(rows, field.value.trim().toLowerCase()));
  }
}

/** Forms of many choices: how many of them differ from what the page came with. */
export function watchPending() {
  for (const form of document.querySelectorAll("form[data-pending]")) {
    const count = form.querySelector("[data-pending-count]");
    if (!count) continue;
    const kept = Number(form.dataset.pending) || 0;
    form.addEventListener("change", () => {
      count.textContent = String(kept + [...form.elements].filter(differs).length);
    });
  }
}

function differs(control) {
  if (control instanceof HTMLSelectElement) return !control.selectedOptions[0]?.defaultSelected;
  return control instanceof HTMLInputElement && control.type === "checkbox" && control.checked !== control.defaultChecked;
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
