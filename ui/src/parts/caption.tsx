// The heading of a part, where it has one.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** The level of captions among the headings of a page: below chapters, or below the title of a card. */
export const CaptionLevel = createContext(2);

export function Caption({ words }: { words: string }) {
  const level = useContext(CaptionLevel);
  return words ? <h2 dir="auto" aria-level={level === 2 ? undefined : level}>{words}</h2> : null;
}
