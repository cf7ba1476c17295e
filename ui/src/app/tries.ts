// What one try says of an explanation.

import { plain } from "../numbers";
import type { Ablated } from "./api";

export interface Try {
  removed: number[];
  found: Ablated;
}

/** Whether an explanation is worth more than a guess: its promise is at least as near to what happened as what random
 * parts of the same number do. Null where it promises nothing that can be measured. */
export function held({ predicted, change, control }: Ablated): boolean | null {
  return predicted === null ? null : Math.abs(change - predicted) <= Math.abs(change - control.mean);
}

/** A try as a reader may quote it. `count`: how many parts were taken away. */
export function inWords(found: Ablated, count: number): string {
  const { predicted, reason, change, whole, without, control, units } = found;
  const it = count === 1 ? "this part" : `these ${count} parts`;
  const real = `${happened(change)}, from ${plain(whole)} to ${plain(without)} (${units})`;
  const random = `Random sets of ${count} at like places ${happened(control.mean)} on average (95% between ${plain(control.low)} and ${plain(control.high)}).`;
  if (predicted === null) return `Taking ${it} away ${real}. ${random} ${reason}`.trim();
  const end = held(found) ? "The promise held: it is nearer to what happened than chance." : "The promise broke: random parts come nearer to what happened.";
  return `The credit of ${it} promises that taking ${count === 1 ? "it" : "them"} away ${promised(predicted)}. It ${real}. ${random} ${end}`;
}

const happened = (change: number): string => (change < 0 ? `raised the answer's number by ${plain(-change)}` : `lowered the answer's number by ${plain(change)}`);
const promised = (change: number): string => (change < 0 ? `raises the answer's number by ${plain(-change)}` : `lowers the answer's number by ${plain(change)}`);
