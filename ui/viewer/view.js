// How the heatmaps are drawn, and its place in the address: behind the #, which never leaves the
// browser.

const MODES = { overlay: "Overlay", map: "Map alone", masked: "Masked picture", contour: "Contour" };
const SCALES = { own: "Scale per map", shared: "Shared scale" };

function share(text, low, high) {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high ? value : null;
}

function oneOf(known) {
  return (text) => (Object.hasOwn(known, text) ? text : null);
}

// Each word of the address: what stands where it says nothing, and how it is read; null is refused.
function askable(colours) {
  return {
    opacity: { usual: 60, read: (text) => share(text, 0, 100) },
    focus: { usual: 70, read: (text) => share(text, 0, 99) },
    colours: { usual: Object.keys(colours)[0], read: oneOf(colours) },
    draw: { usual: "overlay", read: oneOf(MODES) },
    scale: { usual: "own", read: oneOf(SCALES) },
    zoom: { usual: "1,0,0", read: zoomed },
  };
}

// `2,0.25,0.1`: how much, and which share of the picture lies left of and above what is seen.
function zoomed(text) {
  const parts = text.split(",").map(Number);
  const [much, left, top] = parts;
  const fits = parts.length === 3 && parts.every(Number.isFinite) && much >= 1 && much <= ZOOMS;
  const room = 1 - 1 / much + 1e-4;
  return fits && left >= 0 && top >= 0 && left <= room && top <= room ? parts.join(",") : null;
}

const ZOOMS = 16;

// The view that an address asks for, and by its word a sentence for what names nothing.
function viewOf(hash, colours) {
  const asked = new URLSearchParams(hash.replace(/^#/, "")), view = {}, refused = new Map();
  for (const [word, { usual, read }] of Object.entries(askable(colours))) {
    const text = asked.get(word), value = text === null ? usual : read(text);
    if (value === null) {
      refused.set(word, `The address asks for ${word} “${text.slice(0, 40)}”, which is none. ${usual} is shown.`);
    }
    view[word] = value ?? usual;
  }
  for (const [word, text] of asked) {
    if (text && !Object.hasOwn(view, word)) { // a heading's name has no text
      refused.set("", `The address asks for “${word.slice(0, 40)}”, which is no part of a view.`);
    }
  }
  return [view, refused];
}

// The part of the address behind the # that asks for a view; empty where all is as usual.
function hashOf(view, colours) {
  const asked = new URLSearchParams();
  for (const [word, { usual }] of Object.entries(askable(colours))) {
    if (String(view[word]) !== String(usual)) asked.set(word, view[word]);
  }
  const text = asked.toString();
  return text ? `#${text}` : "";
}
