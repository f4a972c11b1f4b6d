// Draws maps as drawing/flat.py packs them, and the controls that go with them. Needs paint.js.

const SETTINGS = 100; // of the focus
const LOOK = { opacity: "Opacity", focus: "Focus intensity" };

function flatOf(buffer, pixels) {
  return {
    levels: new Uint8Array(buffer, 0, pixels),
    places: new Uint8Array(buffer, pixels, pixels),
    signed: buffer.byteLength > 2 * pixels ? new Uint8Array(buffer, 2 * pixels, pixels) : null,
  };
}

// A layer over its picture on a canvas of their size. `look` has opacity and focus in per cent and
// the name of its colours; `tables` has the colours, the first for maps without signs.
function paintFlat(canvas, picture, layer, look, tables, both) {
  const image = new ImageData(canvas.width, canvas.height), signs = look.colours === both;
  const name = signs && !layer.signed ? Object.keys(tables)[0] : look.colours;
  paint(image.data, image.width, picture, layer.places, {
    mode: "overlay",
    opacity: look.opacity / 100,
    count: SETTINGS - look.focus,
    levels: signs && layer.signed ? layer.signed : layer.levels,
    zero: signs && layer.signed ? 127.5 : 0,
    colours: tables[name],
    gain: 1,
    cover: picture,
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Colours from high to low, in a line.
function paintRamp(canvas, colours) {
  const image = new ImageData(256, 1);
  for (let i = 0; i < 256; i += 1) image.data.set([...colours.subarray(3 * (255 - i), 3 * (256 - i)), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// A slider of opacity or focus: the element, and what sets it.
function lookSlider(word, change) {
  const label = document.createElement("label"), said = document.createElement("span");
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: 0, max: word === "focus" ? SETTINGS - 1 : 100 });
  input.setAttribute("aria-label", LOOK[word]);
  input.oninput = () => change({ [word]: Number(input.value) });
  label.append(said, input);
  return [label, (look) => {
    input.value = look[word];
    input.setAttribute("aria-valuetext", `${look[word]} %`);
    said.textContent = `${LOOK[word]} ${look[word]} %`;
  }];
}
