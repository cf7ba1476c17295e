// What heads are called and what is said of them: the same words in tooltips, labels and lines of text.

import type { Heads } from "../figure";
import { shown } from "../numbers";
import { isolated } from "../parts/isolate";

/** A layer and a head of it, by their place in the figure; -1 is the mean over the heads. */
export type Chosen = [layer: number, head: number];
export const MEAN = -1;

/** "3.h5", or "layer 3" of a method without heads. */
export function nameOf(part: Heads, [layer, head]: Chosen): string {
  const of = part.layers[layer]!;
  if (head === MEAN) return `layer ${of}, mean of ${part.heads.length} heads`;
  return part.heads[head] ? `${of}.${part.heads[head]}` : `layer ${of}`;
}

/** What a head does, line by line: its strongest look past the first token, and how much is at the first. */
export function doesOf(part: Heads, [layer, head]: Chosen): string[] {
  const strongest = part.values.strongest[layer]?.[head];
  const first = part.values.first[layer]?.[head] ?? null;
  if (!strongest || first === null) return [];
  const [query, key, value] = strongest;
  return [
    `strongest: ${look(part, query, key)} ${shown(value, part.signed)}`,
    `${Math.round(100 * first)}% is at the first token`,
  ];
}

export const look = (part: Heads, query: number, key: number): string => `${inWords(part.queries.labels[query])} → ${inWords(part.keys.labels[key])}`;

/** A token as words: without the blanks at its edges, if it is not blank. */
export const token = (label = ""): string => label.trim() || label || "␣";

const inWords = (label?: string): string => isolated(token(label));

/** A number as far as it is known: 0.47 ± 0.04. What is cut off the number is part of what is not known. */
export function about(value: number, error: number, signed: boolean): string {
  if (value !== value) return "no number";
  if (!error) return shown(value, signed);
  const decimals = Math.max(0, Math.min(12, -Math.floor(Math.log10(error))));
  const unit = 10 ** -decimals;
  const off = Math.ceil(error / unit + 0.5) * unit;
  const text = value.toFixed(decimals);
  return `${signed && Number(text) > 0 ? "+" : ""}${Number(text) === 0 ? text.replace("-", "") : text} ± ${off.toFixed(decimals)}`;
}

/** How exact what is shown of a head is, in words. */
export function exactness(part: Heads, [layer, head]: Chosen): string {
  const { errors, hidden } = part.values;
  const error = errorOf(part, [layer, head]);
  const under = hidden[layer]!;
  const within = error ? `Each number is shown to within ${shortOf(error)}.` : "Each number is shown as it is.";
  return errors.length && under ? `${within} Numbers under ${shortOf(under)} are shown as 0, to save room.` : within;
}

export function errorOf(part: Heads, [layer, head]: Chosen): number {
  const own = part.values.errors[layer]!;
  return head === MEAN ? Math.max(...own) : own[head]!;
}

/** Two digits that count, no smaller than the value. */
function shortOf(value: number): string {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return String(Number((Math.ceil(value / unit - 1e-3) * unit).toPrecision(2)));
}

/** The head with the strongest look of all. */
export function bestOf(part: Heads): Chosen {
  let best: Chosen = [0, 0];
  let most = -1;
  part.values.strongest.forEach((row, layer) =>
    row.forEach((found, head) => {
      if (found && part.values.layers[layer] && Math.abs(found[2]) > most) (most = Math.abs(found[2])), (best = [layer, head]);
    }),
  );
  return best;
}
