// The colours of the page for a canvas, which has no classes: read off elements that have them.

import { useEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { cssOf, step, STEPS } from "../scale";

/** By step: -9 to 9 at index step + 9, and what is no number behind them. */
export interface Colours {
  pixel: Uint32Array;
  ink: string[];
  text: string;
  muted: string;
  page: string;
  font: string;
}

export const MISSING = 2 * STEPS + 1;
const EVERY = [...Array.from({ length: MISSING }, (_, i) => i - STEPS), null];

/** The index of a number's colour; NaN is no number. */
export function colourAt(value: number, limit: number): number {
  return value !== value ? MISSING : STEPS + step(value, limit)!;
}

export function coloursOf(inside: Element): Colours {
  const root = inside.closest(".pellucid") ?? document.body;
  const whole = getComputedStyle(root);
  const probes = document.createElement("span");
  probes.hidden = true;
  probes.append(...EVERY.map((step) => Object.assign(document.createElement("i"), { className: cssOf(step) })));
  // The page's own colour, which the host's may take the place of; an app stands on another ground.
  probes.style.background = "var(--page)";
  probes.style.color = "var(--muted)";
  root.append(probes);
  const looks = [...probes.children].map((probe) => getComputedStyle(probe));
  const { backgroundColor: page, color: muted } = getComputedStyle(probes);
  const found = {
    pixel: Uint32Array.from(looks, (look) => pixelOf(look.backgroundColor) || pixelOf(page)),
    ink: looks.map((look) => look.color),
    text: whole.color,
    muted,
    page,
    font: whole.fontFamily,
  };
  probes.remove();
  return found;
}

/** The colours, once the element is there, and again whenever the theme or the density of pixels changes. */
export function useColours(inside: RefObject<Element | null>): Colours | null {
  const [colours, set] = useState<Colours | null>(null);
  useEffect(() => {
    const read = () => set(coloursOf(inside.current!));
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const pixels = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    read();
    theme.addEventListener("change", read);
    pixels.addEventListener("change", read);
    return () => (theme.removeEventListener("change", read), pixels.removeEventListener("change", read));
  }, []);
  return colours;
}

/** "rgb(1, 2, 3)" as one number in the order of canvas memory; 0 is transparent. */
function pixelOf(colour: string): number {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return alpha ? ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0 : 0;
}
