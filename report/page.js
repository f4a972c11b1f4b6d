"use strict";
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const options = { displaylogo: false, responsive: true };
  const STILL_WIDTH = 700;

  function coloured(layout, night) {
    const ink = night ? "#e6e9ed" : "#1b1f24";
    return Object.assign({}, layout, { font: Object.assign({}, layout.font, { color: ink }), autosize: true });
  }

  function read(name) {
    return JSON.parse(document.getElementById("chart-" + name).textContent);
  }

  function draw() {
    for (const place of document.querySelectorAll("[data-chart]")) {
      const figure = read(place.dataset.chart);
      Plotly.react(place, figure.data, coloured(figure.layout, dark.matches), options);
    }
  }

  // What is printed: a picture of each chart that scales with the paper.
  function drawStills() {
    for (const place of document.querySelectorAll("[data-chart]")) {
      const figure = read(place.dataset.chart);
      const still = place.parentElement.querySelector(".still");
      const layout = Object.assign(coloured(figure.layout, false), { autosize: false, width: STILL_WIDTH, height: Number(place.dataset.height) });
      Plotly.toImage({ data: figure.data, layout: layout }, { format: "svg", width: STILL_WIDTH, height: Number(place.dataset.height) })
        .then(function (address) { still.src = address; });
    }
  }

  draw();
  drawStills();
  dark.addEventListener("change", draw);
})();
