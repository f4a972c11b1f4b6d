// What is saved: panels as a PNG or an SVG that says what it shows, and maps with all their digits.

const GAP = 12, LINE = 18, HEAD = 42, FOOT = 12;

// A button that opens a menu; Escape closes it, and so does a choice.
function saving(viewer) {
  let chosen = viewer.original;
  const open = made("button", { type: "button", text: "Save", title: "Pictures and maps as files" });
  const menu = made("div", { name: "menu", hidden: true });
  const root = made("div", { name: "saving more" }, open, menu);
  const turn = (shown) => {
    menu.hidden = !shown;
    open.setAttribute("aria-expanded", String(shown));
    if (shown) fill();
  };
  const item = (text, act, off = false) => made("button", { type: "button", text, disabled: off, onclick: () => {
    act();
    turn(false);
    open.focus();
  } });
  const fill = () => {
    const inSight = viewer.all.filter((panel) => !panel.root.hidden), keys = new Map([...viewer.panels].map(([key, panel]) => [panel, key]));
    if (!inSight.includes(chosen)) chosen = inSight[0];
    const panels = chooser("Panel", inSight.map((panel, place) => [place, panel.title]), (place) => {
      chosen = inSight[place];
      fill();
      menu.querySelector("select").focus();
    });
    panels.value = inSight.indexOf(chosen);
    const { name, ticket } = viewer.data, maps = `/heatcheck/looks/${ticket}/maps`, drawn_ = !!viewer.picture;
    menu.replaceChildren(
      labelled("Panel", panels),
      item("This panel as PNG", () => png(laid(viewer, [chosen]), `${name}-${fileName(chosen.title)}`), !drawn_),
      item("Its map as .npy", () => down(`${maps}/${keys.get(chosen)}.npy`, `${name}-${fileName(chosen.title)}.npy`), !keys.has(chosen) || !chosen.layer),
      item("All panels as PNG", () => png(laid(viewer, inSight), name), !drawn_),
      item("All panels as SVG", () => svg(laid(viewer, inSight), name), !drawn_),
      item("All maps, zipped", () => down(`${maps}.zip`, `${name}.zip`), ![...viewer.panels.values()].some((panel) => panel.layer)));
  };
  turn(false);
  open.onclick = () => turn(menu.hidden);
  root.onkeydown = (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    turn(false);
    open.focus();
    event.stopPropagation();
  };
  root.onfocusout = (event) => { if (event.relatedTarget && !root.contains(event.relatedTarget)) turn(false); };
  return root;
}

function fileName(title) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

// Where everything stands: texts, and pictures as canvases.
function laid(viewer, panels) {
  viewer.drawn();
  const { width, height } = viewer.data, scale = Math.max(1, Math.round(240 / width));
  const wide = width * scale, tall = height * scale, columns = Math.min(4, panels.length);
  const rows = Math.ceil(panels.length / columns), full = Math.max(columns * (wide + GAP) + GAP, 420);
  const texts = [], pictures = [];
  const say = (text, left, top, size = 12, bold = false) => texts.push({ text, left, top, size, bold });
  panels.forEach((panel, place) => {
    const left = GAP + (place % columns) * (wide + GAP), top = GAP + Math.floor(place / columns) * (tall + HEAD + GAP);
    say(panel.title, left, top + 14, 14, true);
    if (viewer.step && panel.layer) say(viewer.under(panel), left, top + 32);
    pictures.push({ canvas: cut(panel.canvas, viewer.place, wide, tall), left, top: top + HEAD, wide, tall });
  });
  let top = rows * (tall + HEAD + GAP) + GAP;
  for (const { row, high, low } of legends(viewer, panels)) {
    say(high, GAP, top + 12);
    pictures.push({ canvas: strip(row), left: GAP + 110, top: top + 1, wide: 150, tall: 12 });
    say(low, GAP + 270, top + 12);
    top += LINE;
  }
  const fits = Math.floor((full - 2 * GAP) / 6.5); // letters of a line
  for (const line of [viewer.data.provenance, ...inWords(viewer, panels)].flatMap((text) => wrapped(text, fits))) {
    say(line, GAP, top + 12);
    top += LINE;
  }
  return { width: full, height: top + FOOT, texts, pictures };
}

// What is seen of a canvas at a zoom, without smoothing.
function cut(canvas, { zoom, left, top }, wide, tall) {
  const seen = made("canvas", { width: wide, height: tall }), context = seen.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, left * canvas.width, top * canvas.height, canvas.width / zoom, canvas.height / zoom, 0, 0, wide, tall);
  return seen;
}

function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last && last.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

function png({ width, height, texts, pictures }, name) {
  const canvas = made("canvas", { width, height }), context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#111";
  context.imageSmoothingEnabled = false;
  for (const { canvas: one, left, top, wide, tall } of pictures) context.drawImage(one, left, top, wide, tall);
  for (const { text: words_, left, top, size, bold } of texts) {
    context.font = `${bold ? 600 : 400} ${size}px sans-serif`;
    context.fillText(words_, left, top, width - left);
  }
  canvas.toBlob((content) => offer(content, `${name}.png`));
}

// Text stays text, so that a paper can set it again.
function svg({ width, height, texts, pictures }, name) {
  const root = drawn("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "sans-serif" },
    drawn("rect", { width, height, fill: "#fff" }),
    ...pictures.map(({ canvas, left, top, wide, tall }) => drawn("image", {
      x: left, y: top, width: wide, height: tall, preserveAspectRatio: "none", style: "image-rendering: pixelated", href: canvas.toDataURL() })),
    ...texts.map(({ text: words_, left, top, size, bold }) => drawn("text", {
      x: left, y: top, "font-size": size, "font-weight": bold ? 600 : 400, fill: "#111" }, words_)));
  offer(new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" }), `${name}.svg`);
}

function offer(content, name) {
  const address = URL.createObjectURL(content);
  down(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function down(address, name) {
  made("a", { href: address, download: name }).click();
}

// What a saved picture shows, a sentence a line.
function inWords(viewer, panels) {
  const { view_: { opacity, focus, colours, draw, scale }, step, place, curves } = viewer, part = `strongest ${100 - focus} % of the pixels`;
  const told = [];
  if (step) {
    told.push(`${step.inserted ? "Insertion" : "Deletion"}: ${number(100 * step.share)} % of the pixels ${step.inserted ? "uncovered; the rest is" : "are"} covered with ${curves.cover}.`);
  } else {
    told.push({
      overlay: `Overlay of the ${part}, ${colours}, opacity ${opacity} %, ${SCALES[scale].toLowerCase()}.`,
      map: `Map alone, ${colours}, ${SCALES[scale].toLowerCase()}.`,
      masked: `Masked picture: ${part}; the rest is covered with ${curves.cover}.`,
      contour: `Contour of the ${part}.`,
    }[draw]);
  }
  if (viewer.waits) told.push("The cover had not come: no heatmap is drawn.");
  if (place.zoom > 1) told.push(`Zoomed ${number(place.zoom)} times, from ${number(100 * place.left)} % of the width and ${number(100 * place.top)} % of the height.`);
  if (panels.includes(viewer.pair)) told.push(`Two methods: ${viewer.pair.canvas.getAttribute("aria-label")}.`);
  const flipped = panels.filter((panel) => panel.flipped).map((panel) => panel.title);
  if (flipped.length) told.push(`Shown as the original: ${flipped.join(", ")}.`);
  return told;
}
