// A matrix as pixels, one per cell; where there are fewer pixels than cells, each has the strongest of its cells.

import type { Field } from "../packed";
import { colourAt, type Colours } from "./canvas_colours";

export type Range = [from: number, to: number];

/** The cells of some rows and columns in at most so many pixels. */
export function imageOf(field: Field, rows: Range, columns: Range, most: [height: number, width: number], limit: number, colours: Colours): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const height = (canvas.height = Math.max(1, Math.min(rows[1] - rows[0], most[0])));
  const width = (canvas.width = Math.max(1, Math.min(columns[1] - columns[0], most[1])));
  const pixels = new Uint32Array(height * width);
  for (let y = 0; y < height; y++) {
    const down = partOf(rows, y, height);
    for (let x = 0; x < width; x++) pixels[y * width + x] = colours.pixel[colourAt(strongest(field, down, partOf(columns, x, width)), limit)]!;
  }
  draw(canvas, pixels);
  return canvas;
}

/** Pixels on a canvas of their size. */
export function draw(canvas: HTMLCanvasElement, pixels: Uint32Array<ArrayBuffer>): void {
  canvas.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), canvas.width, canvas.height), 0, 0);
}

/** The number of the largest magnitude; NaN where none is a number. */
export function strongest(field: Field, [top, bottom]: Range, [left, right]: Range): number {
  let best = NaN;
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) {
      const value = field.numbers[i * field.down + j * field.across]!;
      if (value === value && !(Math.abs(value) <= Math.abs(best))) best = value;
    }
  }
  return best;
}

/** The n-th of so many parts of a range, none of them empty. */
function partOf([from, to]: Range, n: number, parts: number): Range {
  const at = (k: number) => from + Math.floor((k * (to - from)) / parts);
  return [at(n), at(n + 1)];
}
