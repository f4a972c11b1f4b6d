// What panels show, in sentences: a screen reader hears them, and a saved picture says them.

// How a layer is drawn now, without a full stop.
function drawing({ view_: { opacity, focus, colours, draw, scale }, data, colours: known, step, curves }, layer) {
  if (step) {
    const share_ = `${number(100 * step.share)} % of the pixels are`;
    return step.inserted ? `Insertion: ${share_} uncovered, the rest is covered with ${curves.cover}` : `Deletion: ${share_} covered with ${curves.cover}`;
  }
  const part = focus ? `the strongest ${100 - focus} % of the pixels` : "all pixels";
  const name = colours === data.both && !layer.signed ? Object.keys(known)[0] : colours;
  return {
    overlay: `Overlay of ${part}, ${name}, opacity ${opacity} %, ${SCALES[scale].toLowerCase()}`,
    map: `Map alone, ${name}, ${SCALES[scale].toLowerCase()}`,
    masked: `Masked picture: ${part}; the rest is covered with ${curves.cover}`,
    contour: `Contour of ${part}`,
  }[draw];
}

// What a canvas shows.
function labelOf(viewer, panel) {
  const { title, shows } = panel;
  if (shows === "original") return "The picture as the classifier sees it";
  if (shows !== "map") return `${title}: ${{ none: "no map", waiting: "on its way", uncovered: "its cover is on its way", blank: "the same value everywhere, so the picture alone" }[shows]}`;
  const how = drawing(viewer, panel.layer);
  return viewer.step ? `${title}, ${how}` : `Heatmap of ${title}, ${how[0].toLowerCase()}${how.slice(1)}`;
}

// What a picture of these panels says of itself, a sentence a line.
function inWords(viewer, panels) {
  const { place, pair } = viewer, listed = (some) => some.map((panel) => panel.title).join(", ");
  const sides = panels.includes(pair) ? pair.sides.map((key) => viewer.panels.get(key)) : [];
  const single = panels.filter((panel) => panel !== pair), at_ = (kind) => single.filter((panel) => panel.shows === kind);
  const layered = [...new Set([...at_("map"), ...(pair.how === "swipe" && !viewer.waits ? sides.filter((panel) => panel.layer) : [])])];
  const ways = [...new Set(layered.map((panel) => drawing(viewer, panel.layer)))];
  const told = ways.map((way) => ways.length === 1 ? `${way}.` : `${way}: ${listed(layered.filter((panel) => drawing(viewer, panel.layer) === way))}.`);
  if (panels.includes(pair)) told.push(`Two methods: ${pair.canvas.getAttribute("aria-label")}.`);
  for (const [kind, said] of Object.entries({
    blank: "The same value everywhere, so the picture alone", none: "No map", waiting: "Its map had not come", uncovered: "Its cover had not come, so nothing is drawn",
  })) if (at_(kind).length) told.push(`${said}: ${listed(at_(kind))}.`);
  const flipped = single.filter((panel) => panel.flipped);
  if (flipped.length) told.push(`Shown as the original: ${listed(flipped)}.`);
  if (place.zoom > 1) told.push(`Zoomed ${number(place.zoom)} times, from ${number(100 * place.left)} % of the width and ${number(100 * place.top)} % of the height.`);
  const methods = [...new Set([...single, ...sides])].filter((panel) => panel !== viewer.original);
  const changed = [...new Set(methods.map((panel) => panel.changed).filter(Boolean))];
  if (methods.length) told.push(changed.length ? `${changed.join("; ")}. All other parameters are the defaults.` : "All parameters are the defaults.");
  return told;
}

// What is known of a pixel's value, which came as one of 256 levels: no more digits than that gives.
function valueOf({ levels, signed, top }, i) {
  const level = signed ? signed[i] : levels[i], middle = signed ? 127.5 : 0, steps = 255 - middle;
  const far = level - middle, most = top * (Math.abs(far) - 0.5) / steps;
  if (level === 255) return `at least ${digits(most, 2, Math.floor)}`;
  if (signed && level === 0) return `at most -${digits(most, 2, Math.floor)}`;
  if (signed && Math.abs(far) < 1) return "about 0";
  if (level === 0) return `under ${digits(0.5 * top / steps, 2, Math.ceil)}`;
  return `about ${digits(top * far / steps, Math.abs(far) < 10 ? 1 : 2, Math.round)}`;
}

// A number of so many digits that count.
function digits(value, count, round) {
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) + 1 - count);
  return number(round(value / unit) * unit);
}

// Where a pixel stands among all: pixels of one level are not told apart.
function standing({ lower: shares, levels, signed }, i) {
  const level = signed ? signed[i] : levels[i], below = Math.floor(100 * shares[level]);
  return below ? `above ${below} % of the pixels` : `among the lowest ${Math.ceil(100 * (shares[level + 1] ?? 1))} % of the pixels`;
}
