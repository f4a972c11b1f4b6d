// Draws maps over pictures, pixel by pixel. Pages, reports and notebooks use this one file, and
// drawing/maps.py draws the same; a test holds the two together.
//
// A layer is what drawing/layers.py packs: `levels` (a byte a pixel, 255 the strongest), `signed` (a
// byte a pixel, 128 is zero; null where the map has no signs) and `places` (each pixel's place in
// the order of the curves, 0 strongest). Pictures are three bytes a pixel.

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

// Fill `out` with one map less another, both on their own scales: the middle colour where they agree.
export function difference(out, first, second, colours) {
  for (let i = 0, o = 0; i < first.length; i += 1, o += 4) {
    const c = 3 * nearest((first[i] - second[i] + 255) / 2);
    out[o] = colours[c];
    out[o + 1] = colours[c + 1];
    out[o + 2] = colours[c + 2];
    out[o + 3] = 255;
  }
}

// How alike two orders of the same pixels are: Spearman's rank correlation of the places, and the
// share of the first `count` that both have.
export function agreement(first, second, count) {
  const pixels = first.length;
  let squares = 0, both = 0;
  for (let i = 0; i < pixels; i += 1) {
    squares += (first[i] - second[i]) ** 2;
    both += first[i] < count && second[i] < count;
  }
  return { correlation: 1 - (6 * squares) / (pixels * (pixels * pixels - 1)), shared: count ? both / count : 0 };
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
  const wide = pixels > 65536, after = 8 + pixels * (wide ? 4 : 2);
  return {
    top: new Float64Array(buffer, 0, 1)[0],
    places: wide ? new Uint32Array(buffer, 8, pixels) : new Uint16Array(buffer, 8, pixels),
    levels: new Uint8Array(buffer, after, pixels),
    signed: buffer.byteLength > after + pixels ? new Uint8Array(buffer, after + pixels, pixels) : null,
  };
}
