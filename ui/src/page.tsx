// A page that Python has drawn: each part that can do more in a browser gets a live form beside its static one, which
// stays for print and for pages without script.

import { render } from "preact";
import type { Part } from "./figure";
import { FigurePart } from "./figures/part";
import { tableDoesMore } from "./figures/table";
import { CaptionLevel } from "./parts/caption";
import { opened, type SentFigure } from "./opened";

const STATIC_IS_ENOUGH = new Set(["prose", "heading", "record"]);
const doesMore = (part: Part): boolean => !STATIC_IS_ENOUGH.has(part.kind) && (part.kind !== "table" || tableDoesMore(part));

export async function enliven(page: Document, sent: SentFigure): Promise<void> {
  const figure = await opened(sent);
  const level = figure.parts.some(({ kind }) => kind === "heading") ? 3 : 2;
  figure.parts.forEach((part, i) => {
    const section = page.querySelector<HTMLElement>(`section[data-part="${i}"]`);
    if (!section || !doesMore(part)) return;
    const live = page.createElement("div");
    live.className = "live";
    section.append(live);
    section.classList.add("is-live");
    render(<CaptionLevel.Provider value={level}><FigurePart part={part} figure={figure} /></CaptionLevel.Provider>, live);
  });
  page.documentElement.dataset.live = "yes";
}
