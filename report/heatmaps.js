// Draws the heatmaps of a report or of a notebook's output anew, over their pictures, so that
// opacity, focus and colours can be moved. The pictures stay: for paper, for those who hear them,
// and where no script runs. Each output is found by its data and nothing is shared between two.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function unpacked(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function each(packed, make) {
  const pairs = Object.entries(packed).map(async ([name, one]) => [name, await make(one, name)]);
  return Object.fromEntries(await Promise.all(pairs));
}

// A canvas that lies over a picture.
function over(image, width, height) {
  const frame = document.createElement("span"), canvas = document.createElement("canvas");
  frame.className = "heatmap-frame";
  Object.assign(canvas, { width, height });
  canvas.setAttribute("aria-hidden", "true"); // the picture's own text stands
  image.replaceWith(frame);
  frame.append(image, canvas);
  return canvas;
}

// Beside a legend one for maps with signs, and what each is for: on screens only.
function beside(scale) {
  const signs = scale.cloneNode(true), [high, low] = signs.querySelectorAll("span");
  [high.textContent, low.textContent] = ["For the class", "Against"];
  signs.querySelector("img").alt = "Colour legend from for the class to against it";
  for (const [one, kind, said] of [[scale, "plain", "Maps without signs: "], [signs, "signs", "Maps with signs: "]]) {
    one.dataset.kind = kind;
    one.prepend(Object.assign(document.createElement("span"), { className: "heatmaps-kind", textContent: said }));
  }
  scale.after(signs);
}

async function live(root, data) {
  const tables = Object.fromEntries(Object.entries(data.colours).map(([name, text]) => [name, bytesOf(text)]));
  const pictures = await each(data.pictures, async ({ bytes }) => new Uint8Array(await unpacked(bytes)));
  const layers = await each(data.layers, (maps, name) => each(maps, async (text) =>
    flatOf(await unpacked(text), pictures[name].length / 3)));
  const drawn = Array.from(root.querySelectorAll("img[data-layer]"), (image) => {
    const { picture, layer } = image.dataset, { width, height } = data.pictures[picture];
    return [over(image, width, height), pictures[picture], layers[picture][layer]];
  });
  root.querySelectorAll(".heatmaps-scale").forEach(beside);
  const ramps = Array.from(root.querySelectorAll("img[data-ramp]"), (image) =>
    [over(image, 256, 1), image.closest(".heatmaps-scale").dataset.kind === "signs"]);
  const setters = [];
  const kinds = ["plain", "signs"].filter((kind) =>
    drawn.some(([, , layer]) => Boolean(layer.signed) === (kind === "signs"))).join(" ");
  let look = data.look;

  function change(changes) {
    look = { ...look, ...changes };
    for (const set of setters) set(look);
    for (const [canvas, picture, layer] of drawn) paintFlat(canvas, picture, layer, look, tables, data.both);
    const signs = look.colours === data.both, [first] = Object.keys(tables);
    for (const [canvas, both] of ramps) paintRamp(canvas, tables[both ? data.both : signs ? first : look.colours]);
    root.dataset.kinds = signs ? kinds : "plain";
  }

  for (const place of root.querySelectorAll("[data-looks]")) {
    for (const word of Object.keys(LOOK)) {
      const [label, set] = lookSlider(word, change);
      place.append(label);
      setters.push(set);
    }
    const label = document.createElement("label"), said = document.createElement("span");
    const select = document.createElement("select");
    said.textContent = "Colour map";
    for (const name of Object.keys(tables)) select.append(new Option(name, name));
    select.onchange = () => change({ colours: select.value });
    setters.push((now) => { select.value = now.colours; });
    label.append(said, select);
    place.append(label);
  }
  change({});
  root.classList.add("heatmaps-live");
}

for (const held of document.querySelectorAll("script.heatmaps-data:not([data-taken])")) {
  held.dataset.taken = "";
  if ("DecompressionStream" in window) live(held.closest(".heatcheck") ?? document.body, JSON.parse(held.textContent));
}
