// What is drawn on the canvas of a matrix: cells, labels of rows and columns where there is room, and guides.

import { cell as cellText } from "../numbers";
import type { Field } from "../packed";
import { STEPS } from "../scale";
import { colourAt, type Colours } from "./canvas_colours";
import { between, type Cell, type Geometry } from "./canvas_geometry";
import type { Range } from "./canvas_image";

export interface Scene {
  field: Field;
  at: Geometry;
  image: HTMLCanvasElement;
  inSight: { rows: Range; columns: Range };
  scrolled: { left: number; top: number };
  size: { width: number; height: number };
  labels: { rows: string[]; columns: string[] };
  lit: { rows: Set<number>; columns: Set<number> };
  cell: Cell | null;
  limit: number;
  signed: boolean;
  colours: Colours;
}

const TYPE = 12; // pixels
const APART = 14; // of labels

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { size, colours } = scene;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  pen.fillStyle = colours.page;
  pen.fillRect(0, 0, size.width, size.height);
  pen.save();
  clip(pen, scene);
  cells(pen, scene);
  numbers(pen, scene);
  guides(pen, scene);
  pen.restore();
  rowLabels(pen, scene);
  columnLabels(pen, scene);
}

/** The cells that are at all in sight. */
export function inSight({ left, top, width, height }: Geometry, scrolled: { left: number; top: number }, size: { width: number; height: number }, field: Field) {
  return {
    rows: between(scrolled.top, scrolled.top + size.height - top, height, field.rows),
    columns: between(scrolled.left, scrolled.left + size.width - left, width, field.columns),
  };
}

const xOf = ({ at, scrolled }: Scene, j: number): number => at.left + j * at.width - scrolled.left;
const yOf = ({ at, scrolled }: Scene, i: number): number => at.top + i * at.height - scrolled.top;

function clip(pen: CanvasRenderingContext2D, { at, size }: Scene): void {
  pen.beginPath();
  pen.rect(at.left, at.top, size.width - at.left, size.height - at.top);
  pen.clip();
}

function cells(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { at, image, inSight, colours } = scene;
  const [x, y] = [xOf(scene, inSight.columns[0]), yOf(scene, inSight.rows[0])];
  const wide = (inSight.columns[1] - inSight.columns[0]) * at.width;
  const high = (inSight.rows[1] - inSight.rows[0]) * at.height;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, x, y, wide, high);
  pen.strokeStyle = colours.page;
  if (Math.min(at.width, at.height) >= 6) lines(pen, scene);
  pen.globalAlpha = 0.35;
  pen.strokeStyle = colours.muted;
  pen.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
  pen.globalAlpha = 1;
}

/** Between cells, where they are large. */
function lines(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { at, inSight, size } = scene;
  pen.beginPath();
  for (let i = inSight.rows[0]; i <= inSight.rows[1]; i++) pen.moveTo(at.left, yOf(scene, i)), pen.lineTo(size.width, yOf(scene, i));
  for (let j = inSight.columns[0]; j <= inSight.columns[1]; j++) pen.moveTo(xOf(scene, j), at.top), pen.lineTo(xOf(scene, j), size.height);
  pen.stroke();
}

/** What is written in cells: their numbers where there is room, else a dash where the number is below 0. */
function numbers(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { field, at, inSight, colours, limit, signed } = scene;
  const whole = at.width >= 30 && at.height >= 16;
  if (!whole && !(signed && at.width >= 9 && at.height >= 7)) return;
  pen.font = `10px ${colours.font}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (let i = inSight.rows[0]; i < inSight.rows[1]; i++) {
    for (let j = inSight.columns[0]; j < inSight.columns[1]; j++) {
      const value = field.numbers[i * field.down + j * field.across]!;
      const step = colourAt(value, limit);
      const text = whole && value !== 0 ? cellText(value === value ? value : null, limit, signed) : step < STEPS ? "–" : "";
      pen.fillStyle = colours.ink[step]!;
      if (text && pen.measureText(text).width < at.width - 3) pen.fillText(text, xOf(scene, j) + at.width / 2, yOf(scene, i) + at.height / 2);
    }
  }
}

/** Lines beside the row and the column of the cell, and beside those that are lit. */
function guides(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { at, cell, lit, size, colours } = scene;
  const row = (i: number, colour: string) => band(pen, colour, at.left - 1, yOf(scene, i), size.width - at.left + 2, at.height);
  const column = (j: number, colour: string) => band(pen, colour, xOf(scene, j), at.top - 1, at.width, size.height - at.top + 2);
  lit.rows.forEach((i) => row(i, colours.muted));
  lit.columns.forEach((j) => column(j, colours.muted));
  if (!cell) return;
  row(cell[0], colours.text);
  column(cell[1], colours.text);
}

function band(pen: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, height: number): void {
  pen.strokeStyle = colour;
  pen.strokeRect(Math.round(x) - 0.5, Math.round(y) - 0.5, Math.max(2, Math.round(width)) + 1, Math.max(2, Math.round(height)) + 1);
}

function rowLabels(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { at, labels, inSight, lit, cell, colours } = scene;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const i of readable(inSight.rows, at.height, cell ? [cell[0]] : [...lit.rows])) {
    const here = cell?.[0] === i || lit.rows.has(i);
    const y = yOf(scene, i) + at.height / 2;
    if (y > at.top) label(pen, labels.rows[i] ?? "", here, colours, at.left - 6, y, at.left - 10);
  }
}

function columnLabels(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { at, labels, inSight, lit, cell, colours } = scene;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const j of readable(inSight.columns, at.width, cell ? [cell[1]] : [...lit.columns])) {
    const here = cell?.[1] === j || lit.columns.has(j);
    const x = xOf(scene, j) + at.width / 2;
    if (x <= at.left) continue;
    pen.save();
    pen.translate(x, at.top - 6);
    pen.rotate(-Math.PI / 2);
    label(pen, labels.columns[j] ?? "", here, colours, 0, 0, at.top - 10);
    pen.restore();
  }
}

/** The rows or columns whose labels have room; those that are pointed at have it before the others. */
function readable([from, to]: Range, size: number, first: number[]): number[] {
  const every = Math.max(1, Math.ceil(APART / size));
  const far = (i: number) => first.every((f) => f === i || Math.abs(f - i) * size >= APART);
  const out = first.filter((i) => i >= from && i < to).slice(0, 40);
  for (let i = Math.ceil(from / every) * every; i < to; i += every) if (far(i) && !first.includes(i)) out.push(i);
  return out;
}

function label(pen: CanvasRenderingContext2D, text: string, here: boolean, colours: Colours, x: number, y: number, room: number): void {
  pen.font = `${here ? 650 : 400} ${TYPE}px ${colours.font}`;
  pen.fillStyle = here ? colours.text : colours.muted;
  pen.fillText(shortened(pen, text.trim() || text, room), x, y);
}

/** A text's beginning that fits. */
function shortened(pen: CanvasRenderingContext2D, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text;
  const characters = [...text];
  while (characters.length && pen.measureText(`${characters.join("")}…`).width > room) characters.pop();
  return `${characters.join("")}…`;
}

/** How long the longest of some labels is, in pixels. */
export function longest(labels: string[], font: string): number {
  const pen = document.createElement("canvas").getContext("2d")!;
  pen.font = `650 ${TYPE}px ${font}`;
  return Math.max(12, ...labels.map((text) => pen.measureText(text.length > 40 ? text.slice(0, 40) : text).width));
}
