// What the colours of a panel mean: its 256 colours and the words at both ends.

// Of one layer, or of any where there is none yet; null where no colours of a map are drawn.
function legendOf(viewer, layer) {
  const { colours, draw, scale } = viewer.view_, { both } = viewer.data;
  if (layer && (viewer.step || draw === "masked" || draw === "contour")) return null;
  const signs = colours === both && (!layer || layer.signed);
  const name = colours === both && !signs ? Object.keys(viewer.colours)[0] : colours;
  const told = scale === "own" ? "scale per map" : "shared scale";
  return signs
    ? { row: viewer.colours[name], high: "For the class", low: `Against (${told})` }
    : { row: viewer.colours[name], high: "High", low: `Low activation (${told})` };
}

// The legends of some panels, each once.
function legends(viewer, panels) {
  const told = panels.flatMap((panel) => panel.legends ?? []);
  return [...new Map(told.map((one) => [`${one.high} ${one.low}`, one])).values()];
}

// 256 colours in a row, the highest on the left.
function strip(row) {
  const canvas = made("canvas", { width: 256, height: 1 }), image = new ImageData(256, 1);
  for (let i = 0; i < 256; i += 1) image.data.set([...row.subarray(3 * (255 - i), 3 * (256 - i)), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
