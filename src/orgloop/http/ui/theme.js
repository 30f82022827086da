// Not a module: it runs before the first paint, so that no page flashes in the other colours.
document.documentElement.dataset.theme = (() => {
  try {
    return localStorage.getItem("orgloop.theme") || "auto";
  } catch {
    return "auto"; // storage is switched off
  }
})();
