// Light, dark, or as the system has it.

const THEMES = ["as the system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = keptTheme();

/** What was chosen before, where the browser keeps such things for a page. */
function keptTheme() {
  try {
    const kept = localStorage.getItem("spawn-theme");
    return THEMES.includes(kept) ? kept : THEMES[0];
  } catch {
    return THEMES[0];
  }
}

function showTheme() {
  const isDark = !onPaper && (theme === "dark" || (theme === THEMES[0] && dark.matches));
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  by("theme").textContent = `Theme: ${theme === THEMES[0] ? "system" : theme}`;
  changed();
}

function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("spawn-theme", theme);
  } catch {
    // It is dark for as long as the page is open.
  }
  showTheme();
  say(`Theme: ${theme}`);
}

dark.addEventListener("change", showTheme);
by("theme").addEventListener("click", nextTheme);
