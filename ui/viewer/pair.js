// Two methods in one panel: one left of a line and the other right of it, or one less the other.

const KINDS = { swipe: "Swipe", difference: "Difference" };

class Pair extends Panel {
  constructor(viewer) {
    super(viewer, { title: "Two methods", flips: false });
    const titles = [...viewer.panels].map(([key, panel]) => [key, panel.title]);
    this.sides = [titles[0]?.[0], titles[1]?.[0]];
    this.how = "swipe";
    this.part = 0.5;
    const again = (take) => (value) => { take(value); viewer.draw(); };
    const choose = (place, label) => {
      const select = chooser(label, titles, again((key) => { this.sides[place] = key; }));
      if (this.sides[place]) select.value = this.sides[place];
      return select;
    };
    this.slider = made("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "Where the two methods meet" });
    this.slider.oninput = again(() => { this.part = this.slider.value / 100; });
    this.ramp = made("div", { name: "legend" });
    this.facts = made("div");
    this.scores.append(
      chooser("Two methods as", Object.entries(KINDS), again((how) => { this.how = how; })), this.slider, this.ramp,
      choose(0, "First method"), choose(1, "Second method"), this.facts);
    this.root.classList.add("pair");
    this.root.hidden = true;
    this.button = made("button", { type: "button", text: "Two methods", title: "Two methods in one panel", name: "more" });
    this.button.setAttribute("aria-pressed", "false");
    this.button.hidden = titles.length < 2;
    this.button.onclick = again(() => {
      this.root.hidden = !this.root.hidden;
      this.button.setAttribute("aria-pressed", String(!this.root.hidden));
    });
  }

  // What decides how it is drawn.
  get kind() {
    const states = this.chosen.map((panel) => panel?.state);
    return [this.root.hidden, this.how, this.part, ...this.sides, ...states, this.viewer.uncovered];
  }

  get chosen() {
    return this.sides.map((key) => this.viewer.panels.get(key));
  }

  get legends() {
    if (this.missing) return [];
    if (this.how === "swipe") return this.chosen.flatMap((panel) => legendOf(this.viewer, panel.layer) ?? []);
    return [{ row: this.viewer.colours[this.viewer.data.both], high: "First higher", low: "Second higher" }];
  }

  // Why there is nothing to draw; empty where there is.
  get missing() {
    const { viewer, how } = this, without = this.chosen.filter((panel) => !panel.layer);
    if (without.length) return [...new Set(without)].map(({ title, state }) => `${title} ${state === "none" ? "has no map" : "is on its way"}.`).join(" ");
    if (how === "swipe") return viewer.waits ? viewer.uncovered || "The cover is on its way." : "";
    return this.blank;
  }

  // That a map ranks nothing, where it does not.
  get blank() {
    const blank = this.chosen.find((panel) => panel.state === "blank");
    return blank ? `${blank.title} has the same value everywhere: there is no order to compare.` : "";
  }

  paint() {
    if (this.root.hidden) return;
    const { image, missing, how } = this, [first, second] = this.chosen;
    this.slider.hidden = how !== "swipe";
    this.ramp.hidden = how === "swipe";
    tell(this.ramp, how === "swipe" ? [] : this.legends);
    const told = missing ? "" : how === "swipe" ? this.swipe(first, second) : this.difference(first, second);
    if (missing) image.data.fill(0);
    this.put();
    const names = first === second ? first.title : `${first.title} and ${second.title}`;
    this.canvas.setAttribute("aria-label", missing ? `${names}: nothing is drawn. ${missing.replace(/\.$/, "")}` : told);
    const likeness = first.layer && second.layer ? this.blank || this.agreement(first.layer, second.layer) : "";
    const said = new Set([missing, likeness, how === "difference" && told && `${told}.`].filter(Boolean));
    this.facts.replaceChildren(...[...said].map((text) => made("p", { text })));
  }

  // Both draw, and say what they have drawn.
  swipe(first, second) {
    const { viewer, image } = this, other = new ImageData(image.width, image.height), from = Math.round(this.part * image.width);
    viewer.paintLayer(image, first.layer);
    viewer.paintLayer(other, second.layer);
    for (let row = 0; row < image.height; row += 1) {
      const start = 4 * (row * image.width + from), end = 4 * (row + 1) * image.width;
      image.data.set(other.data.subarray(start, end), start);
    }
    return `${first.title} on the left, ${second.title} on the right`;
  }

  difference(first, second) {
    const { viewer, image } = this, bare = [first, second].filter((panel) => !panel.layer.signed);
    difference(image.data, first.layer, second.layer, viewer.colours[viewer.data.both]);
    const signs = [", signs and all", `, signs and all (${bare[0]?.title} has none)`, ""][bare.length];
    return `${first.title} less ${second.title}, each on its own scale${signs}: red where the first is higher, blue where the second is`;
  }

  agreement(first, second) {
    const { focus } = this.viewer.view_, about = [first, second, kept(first.places.length, focus / 100)];
    if (about.some((one, place) => one !== this.about?.[place])) this.alike = agreement(...about); // not at each move of a slider
    this.about = about;
    const { correlation, shared, parts } = this.alike;
    const ranked = first.signed || second.signed ? " (signed values)" : "", rounded = Math.round(100 * correlation) / 100 || 0; // no -0.00
    return `Rank correlation ${rounded.toFixed(2)}${ranked}. Of the strongest ${100 - focus} % they share ${Math.round(100 * shared)} %${parts ? "; equal values at its edge count in part" : ""}.`;
  }
}
