// Draws maps over pictures, pixel by pixel. Pages, reports and notebooks use this one file, and
// drawing/maps.py draws the same; a test holds the two together.
//
// A layer is what drawing/layers.py packs: `levels` (a byte a pixel, 255 the strongest), `signed` (a
// byte a pixel, 128 is zero; null where the map has no signs), `places` (each pixel's place in the
// order of the curves, 0 strongest) and `begins` (a bit a place, set where a run of equal values
// begins: within a run, order is chance). Pictures are three bytes a pixel.

// The whole number nearest to a value; of two, the even one, as numpy rounds.
export function nearest(value) {
  const low = Math.floor(value), rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

// How many pixels a focus of 0 to 1 keeps.
export function kept(pixels, focus) {
  return nearest((1 - focus) * pixels);
}

const BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);

function weighted(table, share) {
  return Float64Array.from(table, (value) => share * value);
}

// Fill `out`, the four bytes a pixel of a canvas.
//   mode     overlay: the map over the picture; map: the map alone; masked: the picture where the
//            map is strongest, `cover` elsewhere; contour: the picture with the edge of that area
//   opacity  of the map over the picture, 0 to 1
//   count    how many of the strongest pixels are meant
//   levels   the layer's `levels`, or its `signed` under colours for both signs
//   zero     the level that stands for zero: 0, or 127.5 of `signed`
//   colours  256 colours, low to high, three bytes each
//   gain     1 where each map has its own scale; less where the strongest of all maps is the top
// A canvas rounds what it is given, a half to the even number, as numpy does.
export function paint(out, width, picture, places, how) {
  const { mode, opacity, count, levels, zero, colours, gain, cover } = how;
  const pixels = picture.length / 3;
  if (mode === "masked" || mode === "contour") {
    const edge = mode === "contour";
    for (let i = 0, p = 0, o = 0; i < pixels; i += 1, p += 3, o += 4) {
      const inside = places[i] < count, from = edge || inside ? picture : cover;
      out[o] = from[p];
      out[o + 1] = from[p + 1];
      out[o + 2] = from[p + 2];
      out[o + 3] = 255;
    }
    if (edge) outline(out, width, pixels, places, count);
    return;
  }
  const share = mode === "map" ? 1 : opacity;
  const painted = weighted(colours, share), under = weighted(BYTES, 1 - share);
  const scaled = Uint16Array.from(BYTES, (level) => 3 * nearest(zero + gain * (level - zero)));
  for (let i = 0, p = 0, o = 0; i < pixels; i += 1, p += 3, o += 4) {
    if (mode === "map" || places[i] < count) {
      const c = scaled[levels[i]];
      out[o] = under[picture[p]] + painted[c];
      out[o + 1] = under[picture[p + 1]] + painted[c + 1];
      out[o + 2] = under[picture[p + 2]] + painted[c + 2];
    } else {
      out[o] = picture[p];
      out[o + 1] = picture[p + 1];
      out[o + 2] = picture[p + 2];
    }
    out[o + 3] = 255;
  }
}

// White on the pixels of the area that touch its outside, black on those outside that touch it.
function outline(out, width, pixels, places, count) {
  for (let i = 0; i < pixels; i += 1) {
    const inside = places[i] < count, column = i % width;
    const other = (j) => places[j] < count !== inside;
    if (
      (column > 0 && other(i - 1)) ||
      (column < width - 1 && other(i + 1)) ||
      (i >= width && other(i - width)) ||
      (i < pixels - width && other(i + width))
    ) {
      out.fill(inside ? 255 : 0, 4 * i, 4 * i + 3);
    }
  }
}

// Fill `out` with the picture of a curve: `count` of the strongest pixels are covered, or, where
// `inserted`, alone uncovered.
export function frame(out, picture, cover, places, count, inserted) {
  const pixels = picture.length / 3;
  for (let i = 0, p = 0, o = 0; i < pixels; i += 1, p += 3, o += 4) {
    const from = places[i] < count === inserted ? picture : cover;
    out[o] = from[p];
    out[o + 1] = from[p + 1];
    out[o + 2] = from[p + 2];
    out[o + 3] = 255;
  }
}

// Fill `out` with one layer less another, each on its own scale: the middle colour where they agree.
// Where either has signs, both are taken with zero at half.
export function difference(out, first, second, colours) {
  const signs = first.signed || second.signed;
  const [one, other] = [first, second].map((layer) => (signs ? layer.signed ?? halved(layer.levels) : layer.levels));
  for (let i = 0, o = 0; i < one.length; i += 1, o += 4) {
    const c = 3 * nearest((one[i] - other[i] + 255) / 2);
    out[o] = colours[c];
    out[o + 1] = colours[c + 1];
    out[o + 2] = colours[c + 2];
    out[o + 3] = 255;
  }
}

// Strengths without signs, with zero at half.
function halved(levels) {
  return levels.map((level) => nearest((255 + level) / 2));
}

// How alike two layers of the same pixels rank them: Spearman's correlation of the values, signs and
// all, where equal ones share the mean of their ranks; and the share of the strongest `count` that
// both have. Where the count ends within a run of equal values, each pixel of the run is in it by the
// same part (`parts` says so), and two maps share the smaller part. NaN where all values are equal.
export function agreement(first, second, count) {
  const { places } = first, { length } = places, middle = (length - 1) / 2;
  const layers = [first, second];
  const [a, b] = layers.map((layer) => eachRun(layer, (begin, end) => (begin + end - 1) / 2 - middle));
  const [one, other] = layers.map((layer) => eachRun(layer, (begin, end) => Math.max(0, Math.min(1, (count - begin) / (end - begin)))));
  let product = 0, both = 0, spreadA = 0, spreadB = 0;
  for (let i = 0; i < length; i += 1) {
    const p = places[i], q = second.places[i];
    product += a[p] * b[q];
    spreadA += a[i] * a[i];
    spreadB += b[i] * b[i];
    both += Math.min(one[p], other[q]);
  }
  return {
    correlation: Math.max(-1, Math.min(1, product / Math.sqrt(spreadA * spreadB))),
    shared: count ? both / count : 0,
    parts: [one, other].some((inside) => count > 0 && inside[count - 1] < 1),
  };
}

// For each place of a layer, what `of` makes of the first place of its run of equal values and of the
// first place after it.
function eachRun({ places, begins }, of) {
  const told = new Float64Array(places.length);
  for (let begin = 0, end = 1; begin < told.length; begin = end, end += 1) {
    while (end < told.length && !(begins[end >> 3] & (128 >> (end & 7)))) end += 1;
    const value = of(begin, end);
    for (let place = begin; place < end; place += 1) told[place] = value;
  }
  return told;
}

// For each of 256 levels, the share of a map's pixels that have a lower one: the same for pixels of
// one level, whatever their places.
export function lower(levels) {
  const counts = new Uint32Array(256), shares = new Float64Array(256);
  for (const level of levels) counts[level] += 1;
  for (let level = 1, sum = 0; level < 256; level += 1) {
    sum += counts[level - 1];
    shares[level] = sum / levels.length;
  }
  return shares;
}

// A picture as it is.
export function plain(out, picture) {
  for (let i = 0, p = 0, o = 0; p < picture.length; i += 1, p += 3, o += 4) {
    out[o] = picture[p];
    out[o + 1] = picture[p + 1];
    out[o + 2] = picture[p + 2];
    out[o + 3] = 255;
  }
}

// A layer of its bytes, and `top`, the value that is drawn strongest.
export function layerOf(buffer, pixels) {
  const wide = pixels > 65536, runs = 8 + pixels * (wide ? 4 : 2), after = runs + Math.ceil(pixels / 8);
  return {
    top: new Float64Array(buffer, 0, 1)[0],
    places: wide ? new Uint32Array(buffer, 8, pixels) : new Uint16Array(buffer, 8, pixels),
    begins: new Uint8Array(buffer, runs, after - runs),
    levels: new Uint8Array(buffer, after, pixels),
    signed: buffer.byteLength > after + pixels ? new Uint8Array(buffer, after + pixels, pixels) : null,
  };
}
