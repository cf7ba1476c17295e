// What one try says of an explanation: whether what it promises of some parts of a text comes true.
//
// Credits in the units of the answer's number promise a fall: their sum. It is worth something where it is nearer to what
// happened than the mean of random parts is. Other credits, shares or slopes, promise an order alone: parts with more
// than their share of the credit move the number more than random parts do, the others no more.

import type { Highlight } from "../figure";
import { plain, signed } from "../numbers";
import type { Ablated } from "./api";

export interface Try {
  removed: number[];
  found: Ablated;
  /** What these parts have of all credit, without signs, and of all parts; 0 to 1. */
  credit: number;
  parts: number;
}

export function tryOf({ marks }: Highlight, removed: number[], found: Ablated): Try {
  const sizes = marks.value.map((value) => Math.abs(value ?? 0));
  const sum = (of: number[]) => of.reduce((a, b) => a + b, 0);
  return { removed, found, credit: sum(removed.map((mark) => sizes[mark]!)) / (sum(sizes) || 1), parts: removed.length / sizes.length };
}

/** The promised fall of the answer's number; null where credits are in other units. */
export const sumOf = ({ found }: Try): number | null => (found.credit_units === found.units ? found.predicted : null);

const promisesMore = ({ credit, parts }: Try): boolean => credit > parts;

export function held(one: Try): boolean {
  const { change, control } = one.found;
  const sum = sumOf(one);
  if (sum !== null) return Math.abs(change - sum) <= Math.abs(change - control.mean);
  return promisesMore(one) === Math.abs(change) > Math.abs(control.mean);
}

/** The promise in a word or a number. */
export function promised(one: Try): string {
  const sum = sumOf(one);
  return sum !== null ? signed(sum) : promisesMore(one) ? "more than random" : "no more than random";
}

/** A try as a reader may quote it. */
export function inWords(one: Try): string {
  const { change, whole, without, control, units } = one.found;
  const count = one.removed.length;
  const real = `It ${fell(change)}, from ${plain(whole)} to ${plain(without)} (${units}).`;
  const random = `Random sets of ${count} at like places ${fell(control.mean)} on average (95% between ${plain(control.low)} and ${plain(control.high)}).`;
  return [promise(one), real, random, end(one)].join(" ");
}

function promise(one: Try): string {
  const sum = sumOf(one);
  const count = one.removed.length;
  const taking = `taking ${count === 1 ? "it" : "them"} away`;
  const these = count === 1 ? "this part" : `these ${count} parts`;
  if (sum !== null) return `The credit of ${these} promises that ${taking} ${sum < 0 ? "raises" : "lowers"} the answer's number by ${plain(Math.abs(sum))}.`;
  const share = `${count === 1 ? "This part has" : `These ${count} parts have`} ${percent(one.credit)} of the credit and ${count === 1 ? "is" : "are"} ${percent(one.parts)} of the text's parts`;
  return `${share}, so ${taking} should move the answer's number ${promisesMore(one) ? "more" : "no more"} than random parts do.`;
}

function end(one: Try): string {
  if (!held(one)) return sumOf(one) === null ? "The promise broke." : "The promise broke: random parts come nearer to what happened.";
  return sumOf(one) === null ? "The promise held." : "The promise held: it is nearer to what happened than chance.";
}

const fell = (change: number): string => `${change < 0 ? "raised" : "lowered"} the answer's number by ${plain(Math.abs(change))}`;
const percent = (share: number): string => `${Math.round(100 * share)}%`;
