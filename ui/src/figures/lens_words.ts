// A lens in words.

import type { Lens } from "../figure";
import { plain } from "../numbers";
import { isolated } from "../parts/isolate";

/** A place in a lens: the index of its layer, and its position. */
export type Cell = readonly [layer: number, position: number];

/** A token without the blank it may begin with. */
export const bare = (token: string): string => token.trim() || token || "␣";

const LONG = 24; // letters of a token in a line of words

/** A token inside a line of words. */
export function brief(token: string): string {
  const letters = Array.from(bare(token));
  return isolated(letters.length > LONG ? `${letters.slice(0, LONG - 1).join("")}…` : letters.join(""));
}

/** How many blanks a token begins with: " Mary" and "Mary" are two tokens. */
export const blanksOf = (token: string): number => (token.trim() ? token.length - token.trimStart().length : 0);

export const placeName = (part: Lens, [i, j]: Cell): string => `${part.layers[i]} at “${brief(part.positions.labels[j]!)}”`;

/** What a layer would say at a position, and where the answers rank there. */
export function says(part: Lens, [i, j]: Cell): string {
  const likeliest = `${isolated(bare(part.tokens[i]![j]![0] ?? ""))} ${plain(part.probabilities[i]![j]![0] ?? null)}`;
  const ranks = part.tracked.map(({ name, rank }) => `${isolated(bare(name))} has rank ${rankName(rank[i]![j]!)}`);
  return [`${placeName(part, [i, j])}: ${likeliest}`, ...ranks].join("; ");
}

const GROUPED = new Intl.NumberFormat("en");

export const rankName = (rank: number | null): string => (rank === null ? "?" : GROUPED.format(rank));

/** The number of a layer, for an axis. */
export const layerNumber = (label: string, index: number): number => Number(/-?\d+$/.exec(label)?.[0] ?? index);
