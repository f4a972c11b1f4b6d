// The viewer: all heatmaps of a picture, drawn here from what the server sends once. Nothing that is
// drawn is asked of the server again.

let KEPT = new URL(performance.getEntriesByType("navigation")[0].name).hash; // the view, while another page is open or another picture comes
const LONG = 250; // milliseconds after the last turn of a wheel until the address says where it is

class Viewer {
  constructor(root) {
    this.root = root;
    this.ticket = "";
    this.panels = new Map();
    this.covers = {};
    this.at = null; // the cross, as shares of the picture
    this.step = null; // {inserted, share} while the pictures of a curve are shown
    this.asked = 0;
    this.hands = new Hands(this);
    root.onkeydown = (event) => this.hands.key(event);
    this.left = ({ state }) => { // Back or Forward; an entry that never got a view keeps this one
      if (location.hash || state?.viewed) KEPT = location.hash;
      this.read();
    };
    window.addEventListener("popstate", this.left);
  }

  close() {
    this.news?.close();
    this.curves?.stop();
    clearTimeout(this.later);
    window.removeEventListener("popstate", this.left);
    cancelAnimationFrame(this.asked);
  }

  show(data) {
    this.data = data;
    if (data.ticket !== this.ticket) {
      this.ticket = data.ticket;
      this.colours = Object.fromEntries(Object.entries(data.colours).map(([name, text]) => [name, bytesOf(text)]));
      this.build();
      this.read();
      this.listen();
    }
    this.write(); // an address that the server has written has no view
  }

  // -- what the server says ----------------------------------------------------------------------

  listen() {
    this.news?.close();
    const { ticket } = this, mine = (act) => (told) => (ticket === this.ticket ? act(told) : null);
    this.news = new News(ticket, mine((told) => this.take(told, ticket)), mine((text) => {
      this.trouble = text;
      this.tell();
    }));
  }

  // Raises where some of it did not arrive; the rest is shown.
  async take({ progress, done, panels = [], covers, picture, uncovered }, ticket) {
    if (ticket !== this.ticket) return;
    this.uncovered = uncovered ?? this.uncovered;
    if (progress) this.tell(progress);
    let missing = null;
    const arrived = (digest) => fetched(digest).catch((error) => { missing = error; });
    const seen = picture && await arrived(picture), covered = {};
    for (const [name, digest] of Object.entries(covers ?? {})) {
      const bytes = await arrived(digest);
      if (bytes) covered[name] = new Uint8Array(bytes);
    }
    if (ticket !== this.ticket) return;
    if (seen) this.picture = new Uint8Array(seen);
    Object.assign(this.covers, covered);
    for (const told of panels) {
      const panel = this.panels.get(told.key);
      const bytes = told.layer ? await arrived(told.layer) : null;
      if (ticket !== this.ticket) return;
      if (bytes) panel.take(layerOf(bytes, this.data.width * this.data.height));
      panel.say(told.lines);
      panel.curves = told.curves ?? panel.curves;
      panel.state = told.state;
    }
    this.looked = null; // a panel's state is new too
    this.curves.draw();
    this.draw();
    if (missing) throw missing;
    if (done) this.root.dataset.done = done;
  }

  // -- its parts ---------------------------------------------------------------------------------
  build() {
    const { data } = this;
    this.curves?.stop();
    this.looked = null;
    delete this.root.dataset.done;
    this.panels.clear();
    this.covers = {};
    this.picture = null;
    this.progress = this.uncovered = this.trouble = "";
    this.step = this.at = null;
    this.original = new Panel(this, { title: "Original" });
    this.original.say([[`What the classifier sees: ${data.fit}`]]);
    for (const told of data.panels) {
      this.panels.set(told.key, new Panel(this, { ...told, about: data.about }));
    }
    this.pair = new Pair(this);
    this.curves = new Curves(this);
    this.all = [this.original, this.pair, ...this.panels.values()];
    for (const panel of this.all) {
      panel.sized(data.width, data.height);
      this.hands.follow(panel);
    }
    this.status = made("p", { name: "status" });
    this.status.setAttribute("role", "status");
    this.root.replaceChildren(
      this.bar(), this.status, made("h2", { text: "Heatmaps", name: "heard" }),
      made("div", { name: "panels" }, ...this.all.map((panel) => panel.root)),
      this.curves.root);
  }

  bar() {
    const slider = (word, text, most) => {
      const shown = made("span", { text });
      const input = made("input", { type: "range", min: 0, max: most, "aria-label": text });
      input.oninput = () => this.set({ [word]: Number(input.value) });
      input.onchange = () => this.write();
      this.controls[word] = (value) => {
        input.value = value;
        shown.textContent = `${text} ${value} %`;
        input.setAttribute("aria-valuetext", `${value} %`);
      };
      return made("label", { name: word === "opacity" ? "stays" : "" }, shown, input);
    };
    const choice = (word, text, options) => {
      const select = chooser(text, options, (value) => {
        this.set({ [word]: value });
        this.write();
      });
      this.controls[word] = (value) => { select.value = value; };
      return labelled(text, select);
    };
    const button = (text, title, act, name = "more") => made("button", { type: "button", text, title, name, onclick: act, "aria-label": text.length > 1 ? text : title });
    this.controls = {};
    this.legend = made("div", { name: "legend" });
    const bar = made("div", { name: "bar folded" },
      slider("opacity", "Opacity", 100),
      slider("focus", "Focus intensity", 99),
      this.legend,
      choice("colours", "Colour map", Object.keys(this.colours).map((name) => [name, name])),
      choice("draw", "Drawing", Object.entries(MODES)),
      choice("scale", "Scale", Object.entries(SCALES)),
      button("−", "Zoom out", () => this.zoom(1 / 1.5)),
      button("+", "Zoom in", () => this.zoom(1.5)),
      button("Whole", "The whole picture", () => this.zoom(0), "more whole"),
      this.pair.button,
      saving(this),
      button("Copy link", "A link to this picture and view", () => this.copy()),
      button("More", "More ways to draw", (event) => {
        const folded = bar.classList.toggle("folded");
        event.target.textContent = folded ? "More" : "Less";
        event.target.setAttribute("aria-label", event.target.textContent);
        event.target.setAttribute("aria-expanded", String(!folded));
      }, "fold"));
    bar.lastChild.setAttribute("aria-expanded", "false");
    return bar;
  }

  // -- the view ----------------------------------------------------------------------------------
  read() {
    const [view, refused] = viewOf(location.hash || KEPT, this.colours);
    this.refused = refused;
    this.change(view);
    this.tell();
  }

  // What the address was refused, what did not arrive, and how far the server is.
  tell(progress = this.progress) {
    this.progress = progress;
    this.status.textContent = [...this.refused.values(), this.trouble, progress].filter(Boolean).join(" ");
  }

  // A change by hand mends what the address asked for in its place.
  set(changes) {
    const mended = ["", ...Object.keys(changes)].map((word) => this.refused.delete(word));
    if (mended.includes(true)) this.tell();
    this.change(changes);
  }

  write() {
    const hash = KEPT = hashOf(this.view_, this.colours);
    if (hash !== location.hash || !history.state?.viewed) {
      const state = { ...history.state, viewed: true };
      history.replaceState(state, "", `${location.pathname}${location.search}${hash}`);
    }
  }

  change(changes) {
    this.view_ = { ...this.view_, ...changes };
    for (const [word, set] of Object.entries(this.controls)) set(this.view_[word]);
    this.draw();
  }

  get place() {
    const [zoom, left, top] = this.view_.zoom.split(",").map(Number);
    return { zoom, left, top };
  }

  // Where the cross stands in the view, as shares of it; the middle where it is not in sight.
  get about() {
    const { zoom, left, top } = this.place, { at } = this;
    const about = at && [(at[0] - left) * zoom, (at[1] - top) * zoom];
    return about?.every((share_) => share_ >= 0 && share_ <= 1) ? about : [0.5, 0.5];
  }

  // Zoom about a place in the view, as shares of it; 0 shows the whole picture.
  zoom(by, [x, y] = this.about) {
    const { zoom, left, top } = this.place;
    const much = by ? within(1, zoom * by, ZOOMS) : 1;
    this.pan(much, left + x / zoom - x / much, top + y / zoom - y / much);
  }

  pan(zoom, left, top) {
    const room = 1 - 1 / zoom, places = (value) => Number(within(0, value, room).toFixed(4));
    this.set({ zoom: `${Number(zoom.toFixed(3))},${places(left)},${places(top)}` });
    clearTimeout(this.later);
    this.later = setTimeout(() => this.write(), LONG);
  }

  // The view goes with a cross that has left it.
  follows() {
    const { zoom, left, top } = this.place, seen = 1 / zoom;
    const near = (from, share_) => Math.min(share_, Math.max(from, share_ - seen + 0.001));
    const [x, y] = [near(left, this.at[0]), near(top, this.at[1])];
    if (x !== left || y !== top) this.pan(zoom, x, y);
  }

  copy() {
    const link = `${location.origin}${location.pathname}?${this.data.link}${hashOf(this.view_, this.colours)}`;
    navigator.clipboard.writeText(link)
      .then(() => { this.status.textContent = "The link is copied."; })
      .catch(() => { this.status.textContent = `The browser keeps the clipboard closed. The link: ${link}`; });
  }

  flip(panel) {
    panel.flipped = !panel.flipped;
    this.draw();
  }

  point(at) {
    this.at = at && at.map((share_) => within(0, share_, 0.9999));
    this.draw();
  }

  // -- drawing -----------------------------------------------------------------------------------
  draw() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      const begun = performance.now();
      this.drawn();
      this.root.dataset.frame = (performance.now() - begun).toFixed(2);
    });
  }

  drawn() {
    const { place, picture } = this;
    this.root.classList.toggle("zoomed", place.zoom > 1);
    for (const panel of this.all) {
      panel.move(place);
      panel.cross(this.at && [(this.at[0] - place.left) * place.zoom, (this.at[1] - place.top) * place.zoom]);
      panel.read.textContent = this.under(panel);
    }
    const looks = JSON.stringify([this.view_, this.step, this.all.map((panel) => [panel.flipped, !!panel.layer]), Object.keys(this.covers), this.curves.cover, this.pair.kind, !!picture]);
    if (!picture || looks === this.looked) return; // the cross alone has moved
    this.looked = looks;
    this.paintLegend();
    for (const panel of this.all) panel.paint();
  }

  // How a layer is drawn now.
  how(layer) {
    const { opacity, focus, colours, draw, scale } = this.view_;
    const both = colours === this.data.both && layer.signed, { sharing } = this;
    return {
      mode: draw,
      opacity: opacity / 100,
      count: kept(layer.places.length, focus / 100),
      levels: both ? layer.signed : layer.levels,
      zero: both ? 127.5 : 0,
      colours: this.colours[colours === this.data.both && !both ? Object.keys(this.colours)[0] : colours],
      gain: scale === "shared" && sharing.includes(layer) ? layer.top / Math.max(...sharing.map(({ top }) => top)) : 1,
      cover: this.cover,
    };
  }

  // The layers that a shared scale takes together: a control's values are no activation.
  get sharing() {
    const panels = this.data.panels.filter(({ badge }) => badge !== "control").map(({ key }) => this.panels.get(key));
    return panels.filter((panel) => panel.layer && panel.state !== "blank").map((panel) => panel.layer);
  }

  get cover() {
    return this.covers[this.curves.cover];
  }

  // Whether what is asked for needs a cover that has not come.
  get waits() {
    return (this.step || this.view_.draw === "masked") && !this.cover;
  }

  paintLayer(image, layer) {
    const out = image.data, { step, picture } = this;
    if (step) frame(out, picture, this.cover, layer.places, this.curves.count(step.share), step.inserted);
    else paint(out, image.width, picture, layer.places, this.how(layer));
  }

  paintLegend() {
    const panels = [...this.panels.values()], coming = panels.some((panel) => panel.layer) ? null : legendOf(this, null);
    tell(this.legend, coming ? [coming] : legends(this, panels), instead(this));
  }

  // What stands under the cross in a panel, or the probability at a step of its curve.
  under(panel) {
    const { layer } = panel;
    if (layer && panel.state === "blank") return this.at || this.step ? "The same value everywhere." : "";
    if (layer && this.waits) return this.uncovered || "The cover is on its way.";
    if (this.step && layer) return this.curves.told(panel);
    if (!this.at || !layer) return "";
    const { width, height } = this.data, [x, y] = this.at;
    const i = Math.floor(y * height) * width + Math.floor(x * width);
    return `${valueOf(layer, i)}, ${standing(layer, i)}`;
  }
}

const VIEWERS = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".viewer");
  if (!VIEWERS.has(root)) VIEWERS.set(root, new Viewer(root));
  const viewer = VIEWERS.get(root);
  viewer.show(data);
  return () => {
    if (root.isConnected) return; // a call that a newer one has overtaken
    viewer.close();
    VIEWERS.delete(root);
  };
}
