// What is looked at now, and drawing it again when that has changed.

const now = { view: "", trace: null, draw: () => {}, keys: () => false, renew: async () => {}, paper: () => {} };

let waiting = false;

/** Draws once before the next picture, however often it was asked to. */
function changed() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    now.draw();
  });
}
