// A figure as it was sent, made into what is drawn: long arrays are unpacked, and each word is put where it is said.

import type { Figure, Heatmap, Lens, Num, Part } from "./figure";
import { unpacked } from "./packed";

/** An array of many numbers; view/in_browser/arrays.py says how they are packed. */
export interface PackedArray {
  shape: number[];
  whole: boolean;
  unit: number;
  bytes: string;
}

type Sent<T> = T | PackedArray;
/** Texts of an array, each once, and which of them stands where. */
interface Words {
  words: string[];
  at: Sent<number[][][]>;
}
type SentHeatmap = Omit<Heatmap, "values"> & { values: Sent<Num[][]> };
type SentTracked = { name: string; probability: Sent<Num[][]>; rank: Sent<Num[][]> };
type SentLens = Omit<Lens, "tokens" | "probabilities" | "tracked"> & { tokens: Words; probabilities: Sent<Num[][][]>; tracked: SentTracked[] };
export type SentFigure = Omit<Figure, "parts"> & { parts: (Exclude<Part, Heatmap | Lens> | SentHeatmap | SentLens)[] };

const NO_NUMBER = -(2 ** 31);

export async function opened(figure: SentFigure): Promise<Figure> {
  return { ...figure, parts: await Promise.all(figure.parts.map((part) => (part.kind === "heatmap" ? heatmap(part) : part.kind === "lens" ? lens(part) : part))) };
}

async function heatmap(part: SentHeatmap): Promise<Heatmap> {
  return { ...part, values: await array(part.values) };
}

async function lens(part: SentLens): Promise<Lens> {
  const { words, at } = part.tokens;
  const tokens = (await array(at)).map((row) => row.map((said) => said.map((word) => words[word]!)));
  const tracked = part.tracked.map(async (one) => ({ name: one.name, probability: await array(one.probability), rank: await array(one.rank) }));
  return { ...part, tokens, probabilities: await array(part.probabilities), tracked: await Promise.all(tracked) };
}

/** An array as nested lists, which it is already where it is small. */
export async function array<T>(sent: Sent<T>): Promise<T> {
  if (!isPacked(sent)) return sent;
  const bytes = new Uint8Array((await unpacked(sent.bytes)).buffer);
  return nested(sent.whole ? wholes(bytes) : halves(bytes, sent.unit), sent.shape) as T;
}

const isPacked = (sent: unknown): sent is PackedArray => typeof sent === "object" && sent !== null && "bytes" in sent;

/** Whole numbers of four bytes: all first bytes, then all second ones, and so on. */
function wholes(bytes: Uint8Array): Num[] {
  const n = bytes.length / 4;
  return Array.from({ length: n }, (_, i) => {
    const value = bytes[i]! | (bytes[n + i]! << 8) | (bytes[2 * n + i]! << 16) | (bytes[3 * n + i]! << 24);
    return value === NO_NUMBER ? null : value;
  });
}

/** Numbers in half precision: a sign, five bits of exponent, ten of fraction. */
function halves(bytes: Uint8Array, unit: number): Num[] {
  const n = bytes.length / 2;
  return Array.from({ length: n }, (_, i) => {
    const bits = bytes[i]! | (bytes[n + i]! << 8);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31 && fraction) return null;
    const size = exponent === 31 ? Number.MAX_VALUE : unit * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
    return bits >> 15 ? -size : size;
  });
}

/** A flat list by its shape. */
function nested(flat: Num[], shape: number[]): unknown[] {
  let out: unknown[] = flat;
  for (const size of shape.slice(1).reverse()) out = Array.from({ length: out.length / size }, (_, i) => out.slice(i * size, (i + 1) * size));
  return out;
}
