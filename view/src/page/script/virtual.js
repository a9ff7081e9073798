// A long list of which only the rows in sight are elements.

const SPARE = 4;
/** On paper all rows are in sight, up to so many. */
const MOST_PRINTED = 2000;

/** `fill(row element, place)` writes a row; `make()` makes an empty one. The rows are as high as `height` says. */
function virtual(scroller, spacer, height, make, write) {
  let pool = [];
  let size = 0;
  const shown = () => {
    if (onPaper) return [0, Math.min(size, MOST_PRINTED)];
    const head = spacer.offsetTop;
    const first = Math.max(0, Math.floor((scroller.scrollTop - SPARE * height) / height));
    const rows = Math.ceil((scroller.clientHeight - head) / height) + 2 * SPARE;
    return [first, Math.min(size, first + Math.max(rows, 2 * SPARE))];
  };
  const place = (again) => {
    const [first, last] = shown();
    const wanted = Math.ceil((last - first + 1) / 16) * 16;
    if (pool.length < wanted) {
      // Which row an element shows goes by the pool's size: all are written anew.
      const more = Array.from({ length: wanted - pool.length }, make);
      pool = [...pool, ...more];
      spacer.append(...more);
      pool.forEach((one) => (one.place = -1));
    }
    if (pool.length > 4 * wanted) {
      pool.splice(wanted).forEach((one) => one.remove());
      pool.forEach((one) => (one.place = -1));
    }
    for (let i = first; i < last; i += 1) {
      const one = pool[i % pool.length];
      if (one.place === i && !again) continue;
      one.place = i;
      one.style.transform = `translateY(${i * height}px)`;
      one.hidden = false;
      write(one, i);
    }
    for (const one of pool) if (one.place < first || one.place >= last) { one.hidden = true; one.place = -1; }
  };
  scroller.addEventListener("scroll", () => place(false), { passive: true });
  return {
    draw: (count) => {
      size = count;
      spacer.style.height = `${count * height}px`;
      place(true);
    },
    /** Brings a row into sight. */
    show: (at) => {
      const head = spacer.offsetTop;
      const top = at * height;
      const room = scroller.clientHeight - head - height;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
    },
    page: () => Math.max(1, Math.floor((scroller.clientHeight - spacer.offsetTop) / height) - 1),
    place: (at) => pool.find((one) => one.place === at && !one.hidden),
  };
}
