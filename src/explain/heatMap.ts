/** A square map over an image: row-major, [side, side]. */
export interface HeatMap {
  readonly side: number;
  readonly values: Float32Array;
}

/**
 * Grad-CAM's map over an image of `side` pixels, between 0 and 1, from the program's [rows, rows]: as in the grad-cam
 * package, negative values become 0, the rest is scaled to 0..1, resized and scaled again.
 */
export function heatMap(raw: ArrayLike<number>, side: number): HeatMap {
  const map = { side: Math.sqrt(raw.length), values: Float32Array.from(raw, (value) => Math.max(0, value)) };
  return stretched(resizedMap(stretched(map), side));
}

/** Scales the map's range to 0..1. A constant map becomes 0. */
function stretched({ side, values }: HeatMap): HeatMap {
  const least = values.reduce((a, b) => Math.min(a, b));
  const range = values.reduce((a, b) => Math.max(a, b)) - least;
  return { side, values: values.map((value) => (value - least) / (range + 1e-7)) };
}

/** Bilinear, aligned by pixel centres; beyond the outermost centres, the edge value continues. */
export function resizedMap({ side: from, values }: HeatMap, side: number): HeatMap {
  const places = Array.from({ length: side }, (_, at) => {
    const place = Math.min(Math.max(((at + 0.5) * from) / side - 0.5, 0), from - 1);
    const low = Math.floor(place);
    return { low, high: Math.min(low + 1, from - 1), share: place - low };
  });
  const mix = (a: number, b: number, share: number): number => a + (b - a) * share;
  const resized = new Float32Array(side * side);
  places.forEach((row, y) => {
    places.forEach((column, x) => {
      const [above, below] = [row.low, row.high].map((line) =>
        mix(values[line * from + column.low], values[line * from + column.high], column.share),
      );
      resized[y * side + x] = mix(above, below, row.share);
    });
  });
  return { side, values: resized };
}
