// What is saved: panels as a PNG or an SVG that says what it shows, and maps with all their digits.

const GAP = 12, LINE = 18, FOOT = 12;
const STRIP = { from: 110, to: 260 }; // of a legend's colours

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

// Where everything stands: texts, each within its own width, and pictures as canvases.
function laid(viewer, panels) {
  viewer.drawn();
  const { width, height } = viewer.data, scale = Math.max(1, Math.round(240 / width));
  const wide = width * scale, tall = height * scale, columns = Math.min(4, panels.length);
  const full = Math.max(columns * (wide + GAP) + GAP, 420), most = columns === 1 ? full - 2 * GAP : wide;
  const texts = [], pictures = [];
  const say = (lines, left, top) => lines.forEach((line, row) => texts.push({ ...line, left, top: top + row * LINE }));
  const heads = panels.map((panel) => [
    ...lines(panel.title, most, 14, true),
    ...(viewer.step && panel.shows === "map" ? lines(viewer.under(panel), most) : []),
  ]);
  const head = Math.max(...heads.map((one) => one.length)) * LINE + 4, tier = head + tall + GAP;
  panels.forEach((panel, place) => {
    const left = GAP + (place % columns) * (wide + GAP), top = GAP + Math.floor(place / columns) * tier;
    say(heads[place], left, top + 14);
    pictures.push({ canvas: cut(panel.canvas, viewer.place, wide, tall), left, top: top + head, wide, tall });
  });
  let top = GAP + Math.ceil(panels.length / columns) * tier;
  for (const { row, high, low } of legends(viewer, panels)) {
    const ends = [lines(high, STRIP.from - 6), lines(low, full - 2 * GAP - STRIP.to - 10)];
    say(ends[0], GAP, top + 12);
    pictures.push({ canvas: strip(row), left: GAP + STRIP.from, top: top + 1, wide: STRIP.to - STRIP.from, tall: 12 });
    say(ends[1], GAP + STRIP.to + 10, top + 12);
    top += LINE * Math.max(...ends.map((one) => one.length));
  }
  const foot = [viewer.data.provenance, ...inWords(viewer, panels)].flatMap((sentence) => lines(sentence, full - 2 * GAP));
  say(foot, GAP, top + 12);
  return { width: full, height: top + LINE * foot.length + FOOT, texts, pictures };
}

// What is seen of a canvas at a zoom, without smoothing.
function cut(canvas, { zoom, left, top }, wide, tall) {
  const seen = made("canvas", { width: wide, height: tall }), context = seen.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, left * canvas.width, top * canvas.height, canvas.width / zoom, canvas.height / zoom, 0, 0, wide, tall);
  return seen;
}

// A text in lines of so many pixels at most; a word that is longer is cut.
const RULER = document.createElement("canvas").getContext("2d");

function lines(sentence, most, size = 12, bold = false) {
  RULER.font = font({ size, bold });
  const fits = (part) => RULER.measureText(part).width <= 0.95 * most; // a paper may set it in wider letters
  const told = [""];
  for (let word of sentence.split(" ")) {
    const longer = told.at(-1) ? `${told.at(-1)} ${word}` : word;
    if (fits(longer)) {
      told[told.length - 1] = longer;
      continue;
    }
    if (told.at(-1)) told.push("");
    while (!fits(word)) {
      let end = 1;
      while (fits(word.slice(0, end + 1))) end += 1;
      told.splice(-1, 0, word.slice(0, end));
      word = word.slice(end);
    }
    told[told.length - 1] = word;
  }
  return told.map((line) => ({ text: line, size, bold }));
}

function font({ size, bold }) {
  return `${bold ? 600 : 400} ${size}px sans-serif`;
}

function png({ width, height, texts, pictures }, name) {
  const canvas = made("canvas", { width, height }), context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#111";
  context.imageSmoothingEnabled = false;
  for (const { canvas: one, left, top, wide, tall } of pictures) context.drawImage(one, left, top, wide, tall);
  for (const one of texts) {
    context.font = font(one);
    context.fillText(one.text, one.left, one.top);
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
