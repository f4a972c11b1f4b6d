// What mouse, fingers and keys do over a panel: the cross, zoom, pan, and the flip to the original.

const FAR = 0.02; // of a view: a hand that has gone so far has dragged, not clicked
const STEP = 8; // pixels of the cross while Shift is held

class Hands {
  constructor(viewer) {
    this.viewer = viewer;
  }

  follow(panel) {
    const { view } = panel, { viewer } = this, down = new Map(); // fingers, or the mouse's button, by number
    let from = null;
    const shares = (event) => {
      const box = view.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    // Two fingers are their middle and how far they stand apart; one finger is where it is.
    const grip = () => {
      const [one, other = one] = [...down.values()];
      return { at: [0, 1].map((axis) => (one[axis] + other[axis]) / 2), apart: Math.hypot(other[0] - one[0], other[1] - one[1]) };
    };
    const hold = (moved) => { from = down.size ? { ...grip(), place: viewer.place, moved } : null; };
    view.onpointerdown = (event) => {
      if (event.button || down.size === 2) return;
      down.set(event.pointerId, shares(event));
      hold(down.size === 2);
      if (viewer.place.zoom > 1 || down.size === 2) view.setPointerCapture(event.pointerId);
    };
    view.onpointermove = (event) => {
      const [x, y] = shares(event), { zoom, left, top } = viewer.place;
      if (down.has(event.pointerId)) down.set(event.pointerId, [x, y]);
      const now = from && grip();
      if (from && Math.hypot(now.at[0] - from.at[0], now.at[1] - from.at[1]) > FAR) from.moved = true;
      if (from?.moved && (zoom > 1 || down.size === 2)) {
        const { place, at, apart } = from, much = within(1, place.zoom * (apart ? now.apart / apart : 1), ZOOMS);
        // what was under the hand stays under it
        viewer.pan(much, place.left + at[0] / place.zoom - now.at[0] / much, place.top + at[1] / place.zoom - now.at[1] / much);
      } else viewer.point([left + x / zoom, top + y / zoom]);
    };
    const ends = (event) => {
      if (!down.delete(event.pointerId)) return;
      if (event.type === "pointerup" && !from.moved && panel.flips) viewer.flip(panel);
      hold(true); // a finger that stays pans
    };
    view.onpointerup = view.onpointercancel = ends;
    view.onpointerleave = (event) => {
      ends(event);
      if (event.pointerType === "mouse") viewer.point(null);
    };
    view.onwheel = (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      viewer.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, shares(event));
    };
    // A browser zooms the page with two fingers unless both touches are refused it.
    view.addEventListener("touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
    view.onfocus = () => panel.read.setAttribute("aria-live", "polite"); // twelve would speak at once
    view.onblur = () => panel.read.removeAttribute("aria-live");
  }

  key(event) {
    const { viewer } = this, panel = viewer.all?.find((one) => one.view === event.target);
    if (!panel || event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = viewer.data, [x, y] = viewer.at ?? [0.5, 0.5], far = event.shiftKey ? STEP : 1;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const pans = { a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] };
    const acts = {
      "+": () => viewer.zoom(1.5), "=": () => viewer.zoom(1.5), "-": () => viewer.zoom(1 / 1.5),
      0: () => viewer.zoom(0), o: () => panel.flips && viewer.flip(panel), Escape: () => viewer.point(null),
    };
    if (event.key in moves) {
      const [right, below] = moves[event.key];
      viewer.point([x + far * right / width, y + far * below / height]);
      viewer.follows();
    } else if (event.key in pans) {
      const [right, below] = pans[event.key], { zoom, left, top } = viewer.place;
      viewer.pan(zoom, left + right / (4 * zoom), top + below / (4 * zoom));
    } else if (event.key in acts) acts[event.key]();
    else return;
    event.preventDefault();
  }
}

function within(low, value, high) {
  return Math.min(high, Math.max(low, value));
}
