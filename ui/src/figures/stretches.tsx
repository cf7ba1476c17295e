// A long text by sentences or paragraphs: each coloured by the sum of its scores, with its strongest token by name,
// so that one hot token never vanishes in a cold sentence.

import { useMemo } from "preact/hooks";
import { hover, lit, togglePin, touches } from "../cursor";
import { useCursor } from "../parts/use_cursor";
import { cssOfValue, limitOf } from "../scale";
import { shown } from "../numbers";
import { Legend } from "../parts/legend";
import { marksIn, type Marked } from "./marks";

interface Stretch {
  start: number;
  end: number;
  sum: number;
  strongest: number;
}

/** Characters of Python are code points; those of JavaScript are halves of some. */
const charactersOf = (text: string): string[] => Array.from(text);

export function StretchText({ part, text, names, by, onOpen }: Marked & { by: "document" | "sentence"; onOpen: () => void }) {
  const here = useCursor();
  const characters = useMemo(() => charactersOf(text), [text]);
  const stretches = useMemo(() => stretchesOf(part, characters, by), [part, by]);
  const limit = limitOf(stretches.map((s) => s.sum));
  return (
    <>
      <ol class="stretches">
        {stretches.map((s) => {
          const span: [number, number] = [s.start, s.end];
          const value = s.strongest < 0 ? null : (part.marks.value[s.strongest] ?? null);
          const words = characters.slice(s.start, s.end).join("").trim();
          return (
            <li key={s.start}>
              <button
                type="button"
                class={`stretch ${cssOfValue(s.sum, limit)}${touches(here, text, span) ? " lit" : ""}`}
                onPointerEnter={() => hover({ text, start: s.start, end: s.end })}
                onPointerLeave={() => hover(null)}
                onClick={() => (lit() && togglePin({ text, start: s.start, end: s.end }), onOpen())}
              >
                <bdi dir="auto">{by === "document" && words.length > 160 ? `${words.slice(0, 159)}…` : words}</bdi>
              </button>
              <span class="aside">
                <b>{shown(s.sum, part.signed)}</b>
                {s.strongest >= 0 && <> most: <bdi>{names[s.strongest]}</bdi> {shown(value, part.signed)}</>}
              </span>
            </li>
          );
        })}
      </ol>
      <Legend limit={limit} signed={part.signed} units={part.units} unknown={false} />
    </>
  );
}

function stretchesOf(part: Marked["part"], characters: string[], by: "document" | "sentence"): Stretch[] {
  const spans = by === "sentence" ? part.sentences! : paragraphsOf(part.sentences!, characters);
  return spans.map(([start, end]) => {
    const marks = marksIn(part, start, end).filter((m) => part.marks.start[m]! >= start && part.marks.value[m] !== null);
    const strongest = marks.reduce((best, m) => (best < 0 || Math.abs(part.marks.value[m]!) > Math.abs(part.marks.value[best]!) ? m : best), -1);
    return { start, end, sum: marks.reduce((sum, m) => sum + part.marks.value[m]!, 0), strongest };
  });
}

const MOST = 12; // sentences of one paragraph where the text has no breaks

/** Sentences up to the next line break, or so many. */
function paragraphsOf(sentences: [number, number][], characters: string[]): [number, number][] {
  const out: [number, number][] = [];
  let count = 0;
  for (const [start, end] of sentences) {
    const last = out.at(-1);
    const breaks = last && characters.slice(last[1], start).includes("\n");
    if (last && !breaks && count < MOST) last[1] = end;
    else out.push([start, end]);
    count = last && !breaks && count < MOST ? count + 1 : 1;
  }
  return out;
}
