// One panel: a title, a canvas with a crosshair, what stands under the crosshair, and scores.

class Panel {
  constructor(viewer, { title, badge = "", about = "", colour = "", dash = "", flips = true, changed = "" }) {
    this.viewer = viewer;
    this.title = title;
    this.changed = changed; // its parameters that are not the defaults
    this.style = { colour, dash }; // of its curves
    this.layer = null;
    this.flipped = false;
    this.canvas = made("canvas", { role: "img" });
    this.lines = ["x", "y"].map((axis) => made("div", { name: `line ${axis}`, hidden: true }));
    this.view = made("div", { name: "view", tabIndex: 0, role: "group" }, this.canvas, ...this.lines);
    const keys = ["arrows move the cross", "+ and - zoom, 0 shows the whole picture", "w, a, s and d move a zoomed picture"];
    if (flips) keys.push("o flips to the original");
    this.view.setAttribute("aria-label", `${title}: ${keys.join(", ")}`);
    this.flips = flips;
    this.badge = made("span", { name: "badge", text: badge });
    this.read = made("div", { name: "read" });
    this.scores = made("div", { name: "scores" });
    if (about) this.scores.title = about;
    this.root = made("section", { name: "panel" },
      made("h3", {}, made("span", { text: title }), this.badge),
      this.view, this.read, this.scores);
    this.root.setAttribute("aria-label", title);
  }

  sized(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.view.style.aspectRatio = `${width} / ${height}`;
    this.image = new ImageData(width, height);
  }

  // What a layer says of its pixels, once for all that is asked under the cross.
  take(layer) {
    this.layer = layer;
    this.layer.lower = lower(layer.signed ?? layer.levels);
  }

  put() {
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
  }

  move({ zoom, left, top }) {
    this.canvas.style.transform = zoom === 1 ? "" : `scale(${zoom}) translate(${-100 * left}%, ${-100 * top}%)`;
  }

  // The cross at a share of the view; null hides it.
  cross(place) {
    this.lines.forEach((line, axis) => {
      const at = place && place[axis];
      line.hidden = !(at >= 0 && at <= 1);
      if (!line.hidden) line.style[axis ? "top" : "left"] = `${100 * at}%`;
    });
  }

  say(paragraphs) {
    this.scores.replaceChildren(...paragraphs.map((parts) => made("p", {}, ...parts.map((part) =>
      typeof part === "string" ? part : made("b", { text: part[0] })))));
  }

  // What stands in its canvas.
  get shows() {
    if (this === this.viewer.original || this.flipped) return "original";
    if (!this.layer) return this.state === "none" ? "none" : "waiting";
    if (this.state === "blank") return "blank"; // it has no strongest pixels
    return this.viewer.waits ? "uncovered" : "map";
  }

  // What its colours mean.
  get legends() {
    return [this.shows === "map" && legendOf(this.viewer, this.layer)].filter(Boolean);
  }

  paint() {
    const { viewer, layer, image, shows } = this;
    if (shows === "map") viewer.paintLayer(image, layer);
    else if (shows === "original" || shows === "blank") plain(image.data, viewer.picture);
    else image.data.fill(0); // nothing yet
    this.put();
    this.canvas.setAttribute("aria-label", labelOf(viewer, this));
  }
}
