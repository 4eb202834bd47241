/** Copying: a button that holds the text, and a word for those who do not see it change. */
export function watchCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    if (!button) return;
    const copied = await write(button.dataset.copy);
    const before = (button.dataset.label ??= button.textContent);
    button.textContent = copied ? "Copied" : "Select it";
    document.getElementById("announcer").textContent = copied ? "Copied" : "Copying is not possible here";
    setTimeout(() => (button.textContent = before), 2000);
  });
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
