// Numbers to the steps of the colour scale, as view/colour.py has them. The colours themselves are CSS of the page.

import type { Num } from "./figure";

export const STEPS = 9;

/** The largest magnitude of some numbers, 0 if all are zero. */
export function limitOf(values: Iterable<Num>): number {
  let limit = 0;
  for (const value of values) if (value !== null && Math.abs(value) < 1.7e308) limit = Math.max(limit, Math.abs(value));
  return limit;
}

/** -9 to 9; null is what has no number. */
export function step(value: Num, limit: number): number | null {
  if (value === null) return null;
  if (value === 0) return 0;
  const share = limit ? Math.min(1, Math.abs(value) / limit) : 1;
  return Math.sign(value) * Math.round(share * STEPS);
}

/** The class of a step: p for, n against, z zero, x no number. */
export function cssOf(at: number | null): string {
  if (at === null) return "x";
  return at > 0 ? `p${at}` : at < 0 ? `n${-at}` : "z";
}

export const cssOfValue = (value: Num, limit: number): string => cssOf(step(value, limit));
