// The columns of a lens: as wide as their words, and of a long text only those that are seen.

import type { Lens } from "../figure";
import { bare } from "./lens_words";

const LETTER = 7.3; // pixels
const [NARROWEST, WIDEST] = [40, 104];
const PADDING = 16;
const MOST = 200; // columns that are all there at once
const MOST_CELLS = 6000; // of them
const BEYOND = 600; // pixels on both sides of what is seen
const BLOCK = 8; // columns that come and go together
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const LETTERS = /\p{L}/u;

/** Where each column begins, and at last where they end, in pixels. */
export function leftsOf(part: Lens): number[] {
  const lefts = [0];
  part.positions.labels.forEach((label, j) => {
    const words = [label, ...part.tokens.map((row) => row[j]?.[0] ?? "")];
    const letters = Math.max(...words.map((word) => lengthOf(bare(word))));
    lefts.push(lefts[j]! + Math.round(Math.max(NARROWEST, Math.min(WIDEST, letters * LETTER + PADDING))));
  });
  return lefts;
}

export const widthOf = (lefts: number[], j: number): number => lefts[j + 1]! - lefts[j]!;

/** The columns of a window of so many layers, from the first up to, but without, the last. */
export function columnsIn(lefts: number[], layers: number, from: number, width: number): readonly [number, number] {
  const count = lefts.length - 1;
  if (count <= MOST && count * layers <= MOST_CELLS) return [0, count];
  const first = lefts.findLastIndex((left) => left <= Math.max(0, from - BEYOND));
  const last = lefts.findIndex((left) => left >= from + width + BEYOND);
  return [Math.floor(Math.min(first, count - 1) / BLOCK) * BLOCK, last < 0 ? count : Math.min(count, Math.ceil(last / BLOCK) * BLOCK)];
}

/** Whether a text is read from right to left: by its first letter, as browsers decide. */
export const textRunsLeft = (text: string): boolean => LEFTWARD.test(LETTERS.exec(text)?.[0] ?? "");

const lengthOf = (word: string): number => Array.from(word).reduce((sum, letter) => sum + (WIDE.test(letter) ? 1.9 : 1), 0);
