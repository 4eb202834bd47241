/** The navigation on narrow screens: shown and hidden by a button, closed by Escape. */
export function watchMenu() {
  const button = document.querySelector("[data-menu]");
  const navigation = document.getElementById("navigation");
  if (!button || !navigation) return;
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    navigation.toggleAttribute("data-open", open);
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      show(false);
      button.focus();
    }
  });
}
