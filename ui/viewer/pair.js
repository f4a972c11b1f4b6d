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
    this.facts = made("p");
    this.scores.append(
      chooser("Two methods as", Object.entries(KINDS), again((how) => { this.how = how; })), this.slider,
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
    return [this.root.hidden, this.how, this.part, ...this.sides];
  }

  get legends() {
    const sides = this.sides.map((key) => this.viewer.panels.get(key));
    if (this.how === "swipe") return sides.flatMap((panel) => panel.layer ? legendOf(this.viewer, panel.layer) ?? [] : []);
    const [first, second] = sides.map((panel) => panel.title);
    return [{ row: this.viewer.colours[this.viewer.data.both], high: "First stronger", low: `Second stronger (${first} less ${second})` }];
  }

  paint() {
    if (this.root.hidden) return;
    const { viewer, image } = this, [first, second] = this.sides.map((key) => viewer.panels.get(key));
    const both = first.layer && second.layer, blank = [first, second].find((panel) => panel.state === "blank");
    const waits = !both || (this.how === "swipe" && viewer.waits);
    this.slider.hidden = this.how !== "swipe";
    this.facts.textContent = !both ? "" : blank ? `${blank.title} has the same value everywhere: there is no order to compare.` : this.agreement(first, second);
    if (this.how === "difference" && both && blank) {
      image.data.fill(0);
      this.says(`${first.title} less ${second.title}: nothing to compare`);
      return;
    }
    if (this.how === "difference" && both) {
      difference(image.data, first.layer.levels, second.layer.levels, viewer.colours[viewer.data.both]);
      this.says(`${first.title} less ${second.title}, each on its own scale: red where the first is stronger`);
      return;
    }
    if (waits) {
      image.data.fill(0);
      this.says(`${first.title} and ${second.title}: on their way`);
      return;
    }
    const put = (panel, into) => viewer.paintLayer(into, panel.layer);
    const other = new ImageData(image.width, image.height), from = Math.round(this.part * image.width);
    put(first, image);
    put(second, other);
    for (let row = 0; row < image.height; row += 1) {
      const start = 4 * (row * image.width + from), end = 4 * (row + 1) * image.width;
      image.data.set(other.data.subarray(start, end), start);
    }
    this.says(`${first.title} on the left, ${second.title} on the right`);
  }

  says(words_) {
    this.put();
    this.canvas.setAttribute("aria-label", words_);
  }

  agreement(first, second) {
    const { places } = first.layer, count = kept(places.length, this.viewer.view_.focus / 100);
    const { correlation, shared } = agreement(places, second.layer.places, count);
    return `Rank correlation ${correlation.toFixed(2)}. Of the strongest ${100 - this.viewer.view_.focus} % they share ${Math.round(100 * shared)} %.`;
  }
}
