// The page on paper: all rows, light, without what can only be pressed.

let onPaper = false;

function paper(on) {
  if (on === onPaper) return;
  onPaper = on;
  showTheme();
  now.paper(on);
  now.draw();
}

/** What is said on paper of what is not on it. */
function leftOut(rows, what) {
  return rows > MOST_PRINTED ? `Printed are the first ${MOST_PRINTED.toLocaleString("en")} of ${rows.toLocaleString("en")} ${what}.` : "";
}

addEventListener("beforeprint", () => paper(true));
addEventListener("afterprint", () => paper(false));
matchMedia("print").addEventListener("change", (event) => paper(event.matches));
