// What the colours of a panel mean: its 256 colours and the words at both ends.

// Of one layer, or of any where there is none yet; null where no colours of a map are drawn.
function legendOf(viewer, layer) {
  const { colours, draw, scale } = viewer.view_, { both } = viewer.data;
  if (viewer.step || draw === "masked" || draw === "contour") return null;
  const signs = colours === both && (!layer || layer.signed);
  const name = colours === both && !signs ? Object.keys(viewer.colours)[0] : colours;
  const shared = scale === "shared" && (!layer || viewer.sharing.includes(layer));
  const told = shared ? "(shared scale; units differ)" : signs ? "(scale per map)" : "activation (scale per map)";
  return { row: viewer.colours[name], high: signs ? "For the class" : "High", low: `${signs ? "Against" : "Low"} ${told}` };
}

// The legends of some panels, each once.
function legends(viewer, panels) {
  const told = panels.flatMap((panel) => panel.legends ?? []);
  return [...new Map(told.map((one) => [`${one.high} ${one.low}`, one])).values()];
}

// What is drawn where no colours of a map are.
function instead({ step, view_: { draw } }) {
  if (step) return `The picture, ${step.inserted ? "uncovered" : "covered"} in the order of each map`;
  return { masked: "The picture where each map is strongest", contour: "The edge of where each map is strongest" }[draw] ?? "The original picture";
}

// Legends on a page, a line each, or what is said where there are none.
function tell(root, told, otherwise = "") {
  const lines = told.map(({ row, high, low }) => {
    const colours = strip(row);
    colours.setAttribute("role", "img");
    colours.setAttribute("aria-label", `Colours from ${high} to ${low}`);
    return made("div", {}, made("span", { text: high }), colours, made("span", { text: low }));
  });
  root.replaceChildren(...(lines.length ? lines : [made("p", { text: otherwise })]));
}

// 256 colours in a row, the highest on the left.
function strip(row) {
  const canvas = made("canvas", { width: 256, height: 1 }), image = new ImageData(256, 1);
  for (let i = 0; i < 256; i += 1) image.data.set([...row.subarray(3 * (255 - i), 3 * (256 - i)), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
