// A picture and two maps without names. Needs paint.js, flat.js and parts.js.

const TITLES = [["The picture", "The picture as the classifier sees it"], ["Left", "The left heatmap"], ["Right", "The right heatmap"]];
const HAND = {}; // how the reader draws, kept from pair to pair
const BLIND = "maps"; // the only colours: the same for both

// A key that is held is one answer, not one for each pair that comes while it is held.
function once(event) {
  if (!event.repeat) return;
  event.stopPropagation();
  if (event.composedPath()[0].tagName === "BUTTON") event.preventDefault();
}

class Blind {
  constructor(root) {
    this.status = made("p", { name: "status", role: "status" });
    this.ramp = made("canvas", { width: 256, height: 1, role: "img", "aria-label": "Colour legend from high to low activation" });
    this.panels = TITLES.map(([title, alt]) => {
      const canvas = made("canvas", { role: "img", "aria-label": alt });
      return { canvas, root: made("figure", {}, made("h3", { text: title }), canvas) };
    });
    this.setters = [];
    const sliders = Object.keys(LOOK).map((word) => {
      const [label, set] = lookSlider(word, (changes) => {
        Object.assign(HAND, changes);
        this.draw();
      });
      const input = label.querySelector("input");
      // Arrows that move a slider are no votes; a hand that has let go votes again.
      input.onkeydown = (event) => { if (event.key.startsWith("Arrow")) event.stopPropagation(); };
      input.onpointerup = () => input.blur();
      this.setters.push(set);
      return label;
    });
    root.replaceChildren(
      made("div", { name: "bar" }, ...sliders,
        made("div", { name: "legend" }, made("span", { text: "High" }), this.ramp, made("span", { text: "Low activation (scale per map)" }))),
      made("div", { name: "panels" }, ...this.panels.map((panel) => panel.root)), this.status);
    this.root = root;
    window.addEventListener("keydown", once, true);
  }

  close() {
    window.removeEventListener("keydown", once, true);
  }

  // Draws a pair, and says so once all of it is there: before that the page takes no answer.
  async show(data, say) {
    const told = JSON.stringify(data);
    if (told === this.told) return;
    this.told = told;
    this.data = data;
    this.tables = { [BLIND]: bytesOf(data.colours) };
    this.picture = null;
    this.layers = [];
    this.status.textContent = "The pair is on its way.";
    delete this.root.dataset.done;
    for (const { canvas } of this.panels) Object.assign(canvas, { width: data.width, height: data.height }); // and empty
    paintRamp(this.ramp, this.tables[BLIND]);
    this.draw();
    try {
      const digests = [data.picture, ...data.maps];
      const [picture, ...maps] = await Promise.all(digests.map((digest) => digest && fetched(digest)));
      if (told !== this.told) return; // another pair is in sight
      this.picture = picture && new Uint8Array(picture);
      this.layers = maps.map((bytes) => bytes && flatOf(bytes, data.width * data.height));
      this.status.textContent = "";
      this.draw();
      if (!digests.every(Boolean)) return; // the page says what is missing
      this.root.dataset.done = "true";
      say(data.pair);
    } catch {
      if (told === this.told) this.status.textContent = "The server no longer has these heatmaps. Reload the page.";
    }
  }

  draw() {
    const look = { ...this.data.look, ...HAND, colours: BLIND };
    for (const set of this.setters) set(look);
    if (!this.picture) return;
    const [seen, ...drawn] = this.panels.map((panel) => panel.canvas);
    const image = new ImageData(seen.width, seen.height);
    plain(image.data, this.picture);
    seen.getContext("2d").putImageData(image, 0, 0);
    drawn.forEach((canvas, side) => {
      if (this.layers[side]) paintFlat(canvas, this.picture, this.layers[side], look, this.tables, null);
    });
  }
}

const PAIRS = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".blind");
  if (!PAIRS.has(root)) PAIRS.set(root, new Blind(root));
  const pair = PAIRS.get(root);
  pair.show(data, (shown) => setStateValue("drawn", shown));
  return () => {
    if (root.isConnected) return; // a call that a newer one has overtaken
    pair.close();
    PAIRS.delete(root);
  };
}
