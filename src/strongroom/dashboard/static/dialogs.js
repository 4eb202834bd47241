/** Dialogs: opened by buttons that name them, or open from the start because the server says so. */
export function watchDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    // Rendered open for browsers without scripts; here it is made modal, so that the page behind it waits.
    dialog.removeAttribute("open");
    dialog.showModal();
  }
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
  });
}
