// What the marks of a highlighted text are called and how they rank, for labels and lists.

import type { Highlight, Num } from "../figure";
import { shown } from "../numbers";
import { isolated } from "../parts/isolate";

/** What the figures of one highlighted text share. */
export interface Marked {
  part: Highlight;
  text: string;
  limit: number;
  names: string[];
  ranks: number[];
}

/** What each mark is called: its name and its text as it is shown; a part of shared characters says which. */
export function namesOf(part: Highlight): string[] {
  const names: string[] = part.marks.start.map((_, i) => part.marks.name?.[i] ?? "");
  const words: string[] = names.map(() => "");
  for (const [shownText, mark, which, of] of part.lines.flat()) {
    if (mark < 0) continue;
    words[mark] += of > 1 && which > 1 ? `part ${which} of ${of}` : shownText;
  }
  return words.map((word, i) => [names[i], word.trim() || "␣"].filter(Boolean).join(": "));
}

/** The rank of each value by magnitude, 1 is the largest; what is no number has 0. */
export function ranksOf(values: Num[]): number[] {
  const ranks = values.map(() => 0);
  order(values).forEach((mark, i) => (ranks[mark] = i + 1));
  return ranks;
}

/** The marks with a number, the largest magnitude first. */
export function order(values: Num[]): number[] {
  const numbered = values.flatMap((value, i) => (value === null ? [] : [i]));
  return numbered.sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j);
}

/** A mark in words: what it is, its score with its error, its rank. */
export function says({ part, names, ranks }: Marked, mark: number): string {
  const error = part.marks.error?.[mark];
  const number = shown(part.marks.value[mark] ?? null, part.signed) + (error == null ? "" : ` ± ${shown(error, false)}`);
  const rank = ranks[mark] ? `, rank ${ranks[mark]} of ${ranks.length}` : "";
  return `${isolated(names[mark]!)}, ${number}${rank}`;
}

/** The marks that share characters with a range, by their number; `starts` do not fall. */
export function marksIn(part: Highlight, start: number, end: number): number[] {
  const { start: starts, end: ends } = part.marks;
  const found: number[] = [];
  for (let i = firstFrom(starts, start) - 1; i >= 0 && ends[i]! > start; i--) found.unshift(i);
  for (let i = firstFrom(starts, start); i < starts.length && starts[i]! < end; i++) found.push(i);
  return found;
}

function firstFrom(sorted: number[], from: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
