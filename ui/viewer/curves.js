// Deletion and insertion of all methods, and a scrubber: the panels show every method's picture at a
// share of the pixels, and the probability that the model gave there.

const WIDE = 440, TALL = 230, EDGE = { left: 44, right: 8, top: 20, bottom: 30 };
const SIDES = { deletion: "Deletion: lower is better", insertion: "Insertion: higher is better" };
const PLAYED = 6000; // milliseconds from the first pixel to the last

class Curves {
  constructor(viewer) {
    this.viewer = viewer;
    this.cover = viewer.data.covers[0];
    const button = (text, act) => made("button", { type: "button", text, onclick: act });
    this.slider = made("input", { type: "range", min: 0, max: viewer.data.steps, value: 0, "aria-label": "Pixels covered or uncovered" });
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.said = made("span", { text: "Pixels" });
    this.play = button("Play", () => this.playing());
    this.back = button("Back to the heatmaps", () => this.go(null));
    this.inserted = chooser("Curve", Object.entries(SIDES).map(([side, text]) => [side, text.split(":")[0]]), () => this.go(Number(this.slider.value)));
    const covers = chooser("Covered with", viewer.data.covers.map((name) => [name, name]), (name) => {
      this.cover = name;
      this.draw();
      viewer.draw();
    });
    this.charts = made("div", { name: "curves" });
    this.key = made("ul", { name: "key" });
    this.root = made("section", {},
      made("h2", { text: viewer.data.curves.title }), made("p", { name: "status", text: viewer.data.curves.line }),
      made("div", { name: "bar" },
        labelled("Curve", this.inserted), labelled("Covered with", covers),
        made("label", {}, this.said, this.slider), this.play, this.back),
      this.charts, this.key);
    this.root.onkeydown = (event) => { if (event.key === "Escape") this.go(null); };
    this.tell();
  }

  // How many pixels a step of the grid changes: the curves' own.
  count(share) {
    return this.viewer.data.counts[Math.round(share * this.viewer.data.steps)];
  }

  go(step) {
    const { steps } = this.viewer.data;
    this.viewer.step = step === null ? null : { inserted: this.inserted.value === "insertion", share: step / steps };
    if (step === null) this.stop();
    this.slider.value = step ?? 0;
    this.tell();
    this.mark();
    this.viewer.draw();
  }

  tell() {
    const { step } = this.viewer, word = this.inserted.value === "insertion" ? "uncovered" : "covered";
    this.back.disabled = !step;
    this.said.textContent = step ? `${number(100 * step.share)} % of the pixels ${word}` : `Pixels ${word}`;
    this.slider.setAttribute("aria-valuetext", this.said.textContent);
  }

  playing() {
    if (this.timer) return this.stop();
    const { steps } = this.viewer.data, from = this.viewer.step && Number(this.slider.value) < steps ? Number(this.slider.value) : 0;
    const begun = performance.now();
    this.play.textContent = "Pause";
    const next = (now) => {
      const step = Math.min(steps, Math.round(from + (steps * (now - begun)) / PLAYED));
      this.go(step);
      this.timer = step < steps ? requestAnimationFrame(next) : this.stop();
    };
    this.timer = requestAnimationFrame(next);
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.play.textContent = "Play";
    return 0;
  }

  // What the model gave at the step that is shown, in words.
  told(panel) {
    const { step } = this.viewer, side = step.inserted ? "insertion" : "deletion";
    const curve = panel.curves?.[side]?.[this.cover];
    if (!curve) return "";
    const [value, measured] = at(curve, step.share, this.viewer.data.steps);
    return `${this.viewer.data.unit} ${number(value)}${measured ? "" : ", between measured points"}`;
  }

  // -- charts ------------------------------------------------------------------------------------

  draw() {
    const panels = [...this.viewer.panels.values()].filter((panel) => panel.curves);
    this.root.hidden = panels.length === 0;
    if (this.root.hidden) return;
    for (const control of [this.slider, this.play]) control.disabled = !this.viewer.covers[this.cover];
    this.range = rangeOf(panels, this.cover, this.viewer.data.bounded);
    this.charts.replaceChildren(...Object.keys(SIDES).map((side) => this.chart(side, panels)));
    this.key.replaceChildren(...panels.map((panel) => made("li", {}, sample(panel.style), panel.title)));
    this.mark();
  }

  chart(side, panels) {
    const label = SIDES[side], axis = side === "deletion" ? "pixels covered, %" : "pixels uncovered, %";
    const svg = drawn("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": words(side, panels, this.cover) });
    const [low, high] = this.range;
    for (let i = 0; i <= 4; i += 1) {
      const value = low + ((high - low) * i) / 4, y = this.y(value);
      svg.append(drawn("line", { class: "grid", x1: EDGE.left, x2: WIDE - EDGE.right, y1: y, y2: y }),
        text(EDGE.left - 6, y + 4, number(Number(value.toPrecision(3))), "end"),
        text(x(i / 4), TALL - EDGE.bottom + 16, `${25 * i}`, "middle"));
    }
    svg.append(text(EDGE.left, 12, label), text(WIDE - EDGE.right, TALL - 1, axis, "end"));
    for (const panel of panels) {
      const curve = panel.curves[side]?.[this.cover];
      if (!curve) continue;
      const points = curve.x.map((share, i) => `${x(share).toFixed(1)},${this.y(curve.y[i]).toFixed(1)}`).join("L");
      const floor = this.y(low);
      svg.append(
        drawn("path", { class: "area", fill: panel.style.colour, d: `M${x(0)},${floor}L${points}L${x(1)},${floor}Z` }),
        drawn("path", { class: "line", stroke: panel.style.colour, "stroke-dasharray": panel.style.dash, d: `M${points}` },
          drawn("title", {}, `${panel.title}: area ${number(areaOf(curve))}`)));
    }
    const line = drawn("line", { class: "at", y1: EDGE.top, y2: TALL - EDGE.bottom, "data-side": side });
    svg.append(line);
    return svg;
  }

  y(value) {
    const [low, high] = this.range;
    return TALL - EDGE.bottom - ((value - low) / (high - low)) * (TALL - EDGE.top - EDGE.bottom);
  }

  // Where the scrubber stands in the chart that it moves in.
  mark() {
    const { step } = this.viewer;
    for (const line of this.charts.querySelectorAll(".at")) {
      const here = step && (line.dataset.side === "insertion") === step.inserted;
      line.style.display = here ? "" : "none";
      if (here) for (const end of ["x1", "x2"]) line.setAttribute(end, x(step.share));
    }
  }
}

function x(share) {
  return EDGE.left + share * (WIDE - EDGE.left - EDGE.right);
}

function text(left, top, words_, anchor = "start") {
  return drawn("text", { x: left, y: top, "text-anchor": anchor }, words_);
}

// A curve's height at a share of the pixels, and whether it was measured there.
// Shares are counts of pixels, and steps are rounded to them: half a step is the same point.
function at({ x: shares, y: heights }, share, steps) {
  const near = 0.5 / steps, next = shares.findIndex((one) => one >= share - near);
  if (next <= 0 || shares[next] - share < near) return [heights[Math.max(0, next)], true];
  const part = (share - shares[next - 1]) / (shares[next] - shares[next - 1]);
  return [heights[next - 1] + part * (heights[next] - heights[next - 1]), false];
}

function areaOf({ x: shares, y: heights }) {
  return shares.slice(1).reduce((sum, share, i) => sum + ((share - shares[i]) * (heights[i + 1] + heights[i])) / 2, 0);
}

function rangeOf(panels, cover, bounded) {
  if (bounded) return [0, 1];
  const heights = panels.flatMap((panel) => Object.values(panel.curves).flatMap((side) => side[cover]?.y ?? []));
  const low = Math.min(0, ...heights), high = Math.max(0, ...heights);
  return high > low ? [low, high] : [low, low + 1];
}

function words(side, panels, cover) {
  const areas = panels.filter((panel) => panel.curves[side]?.[cover]).map((panel) => [areaOf(panel.curves[side][cover]), panel.title]);
  areas.sort(([one], [other]) => (side === "deletion" ? one - other : other - one));
  const listed = areas.map(([area, title]) => `${title} ${number(Number(area.toPrecision(3)))}`).join(", ");
  return `${SIDES[side]}. Areas under the curves, covered with ${cover}, best first: ${listed}.`;
}

function sample({ colour, dash }) {
  return drawn("svg", { viewBox: "0 0 26 10" }, drawn("line", { x1: 0, x2: 26, y1: 5, y2: 5, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash }));
}
