// One cursor for a whole page: what is pointed at in one figure lights up in all that show the same text.

/** A range of characters of a text. */
export interface Place {
  text: string;
  start: number;
  end: number;
}

type Listener = (here: Place | null) => void;

let hovered: Place | null = null;
let pinned: Place | null = null;
const listeners = new Set<Listener>();

/** What is lit: what is pointed at, else what is pinned. */
export const lit = (): Place | null => hovered ?? pinned;
export const pin = (): Place | null => pinned;

export function hover(place: Place | null): void {
  if (same(hovered, place)) return;
  hovered = place;
  tell();
}

/** Keep a place lit when the pointer leaves; the same place again lets it go. */
export function togglePin(place: Place | null): void {
  pinned = same(pinned, place) ? null : place;
  tell();
}

/** Pin nothing, and point at nothing. */
export function letGo(): void {
  if (!hovered && !pinned) return;
  hovered = pinned = null;
  tell();
}

/** Hear of every change, until the function returned is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  listener(lit());
  return () => void listeners.delete(listener);
}

/** Whether a range of characters shares some with what is lit. */
export function touches(here: Place | null, text: string | undefined, span: readonly [number, number] | null | undefined): boolean {
  return !!here && !!span && here.text === text && span[0] < here.end && here.start < span[1];
}

function same(one: Place | null, other: Place | null): boolean {
  return one === other || (!!one && !!other && one.text === other.text && one.start === other.start && one.end === other.end);
}

function tell(): void {
  const here = lit();
  for (const listener of [...listeners]) listener(here);
}
