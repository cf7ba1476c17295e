// Where the cells of a matrix stand on its canvas: as large as fits, or near, as a window that scrolls.

export interface Geometry {
  left: number; // room of the labels of rows
  top: number; // and of columns
  width: number; // of a cell
  height: number;
  whole: boolean; // whether all cells are in sight
}

export type Cell = [row: number, column: number];

const LARGEST = 34; // pixels of a cell
const READABLE = 14; // of one whose row has a label
export const TALLEST = 470; // of the canvas

/** `labels`: how long those of rows and of columns are. `near`: cells large enough for labels, where they are not. */
export function geometryOf(rows: number, columns: number, labels: [number, number], width: number, near: boolean): Geometry {
  const left = Math.min(labels[0] + 10, width / 3, 150);
  const top = Math.min(labels[1] + 10, 110);
  const wide = Math.min(LARGEST, Math.max(0, width - left - 1) / columns);
  const high = Math.min(LARGEST, (TALLEST - top - 1) / rows);
  const long = Math.max(rows, columns) > 2 * Math.min(rows, columns);
  // A matrix of about as many rows as columns has square cells; a long one could hardly be seen with them.
  const cell = long ? [wide, high] : [Math.min(wide, high), Math.min(wide, high)];
  const [w, h] = cell.map((size) => (size >= 1 ? Math.floor(size * devicePixelRatio) / devicePixelRatio : size)) as [number, number];
  if (near && (w < READABLE || h < READABLE)) return { left, top, width: Math.max(w, READABLE), height: Math.max(h, READABLE), whole: false };
  return { left, top, width: w, height: h, whole: true };
}

/** Whether the cells could be larger than they are when all are in sight. */
export const canBeNearer = (at: Geometry): boolean => !at.whole || at.width < READABLE || at.height < READABLE;

/** The cells that stand between two places, from the first to behind the last. */
export function between(from: number, to: number, size: number, count: number): [number, number] {
  return [Math.max(0, Math.floor(from / size)), Math.min(count, Math.ceil(to / size))];
}

/** The cell at a place of the canvas, which has been scrolled; null where there is none. */
export function cellAt(at: Geometry, x: number, y: number, scrolled: { left: number; top: number }, rows: number, columns: number): Cell | null {
  if (x < at.left || y < at.top) return null;
  const cell: Cell = [Math.floor((y - at.top + scrolled.top) / at.height), Math.floor((x - at.left + scrolled.left) / at.width)];
  return cell[0] < rows && cell[1] < columns ? cell : null;
}

type Move = (i: number, j: number, last: Cell) => Cell;

const MOVES: { [key: string]: Move } = {
  ArrowUp: (i, j) => [i - 1, j],
  ArrowDown: (i, j) => [i + 1, j],
  ArrowLeft: (i, j) => [i, j - 1],
  ArrowRight: (i, j) => [i, j + 1],
  PageUp: (i, j) => [i - 10, j],
  PageDown: (i, j) => [i + 10, j],
  Home: (i) => [i, 0],
  End: (i, _, last) => [i, last[1]],
};

/** Where a key leads from a cell; null for another key. */
export function moved(key: string, [i, j]: Cell, last: Cell): Cell | null {
  const to = MOVES[key]?.(i, j, last);
  return to ? [Math.max(0, Math.min(last[0], to[0])), Math.max(0, Math.min(last[1], to[1]))] : null;
}
