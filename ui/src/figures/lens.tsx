// What each layer would say at each position: the last layer on top, as in the literature. What is pointed at is told
// below in full: the likeliest tokens there, and the answer's rank and probability through the layers.

import { useMemo, useState } from "preact/hooks";
import { hover, pin, togglePin, touches, type Place } from "../cursor";
import type { Lens } from "../figure";
import { Caption } from "../parts/caption";
import { showTip } from "../parts/tip";
import { useCursor } from "../parts/use_cursor";
import { useEscape } from "../parts/use_escape";
import { STEPS } from "../scale";
import { LensGrid } from "./lens_grid";
import { LensHere } from "./lens_here";
import { LensLines } from "./lens_lines";
import { bare, type Cell } from "./lens_words";
import type { Props } from "./part";
import "./lens.css";

const LIKELIEST = -1;
const STRENGTHS = Array.from({ length: STEPS }, (_, i) => i + 1);

export function LensFigure({ part, text }: Props<Lens>) {
  const here = useCursor();
  const [own, setOwn] = useState<Cell | null>(null);
  const [kept, setKept] = useState<Cell | null>(null);
  const [by, setBy] = useState(LIKELIEST);
  useEscape(() => (setKept(null), setOwn(null)));
  const place = (j: number): Place | null => {
    const span = part.positions.spans[j];
    return span ? { text, start: span[0], end: span[1] } : null;
  };
  const pinned = kept && (place(kept[1]) === null || touches(pin(), text, part.positions.spans[kept[1]])) ? kept : null;
  const home: Cell = pinned ?? [part.layers.length - 1, part.answer];
  const cell = own ?? elsewhere(part, text, here, home);

  const point = (at: Cell | null) => {
    setOwn(at);
    hover(at && place(at[1]));
    if (!at) showTip(null);
  };
  const keep = (at: Cell) => {
    const again = pinned && pinned[0] === at[0] && pinned[1] === at[1];
    const to = place(at[1]);
    if (to && (again || !pin() || !touches(pin(), text, [to.start, to.end]))) togglePin(to);
    setKept(again ? null : at);
  };
  const probabilities = useMemo(
    () => (by === LIKELIEST ? part.probabilities.map((row) => row.map(([p]) => p ?? null)) : part.tracked[by]!.probability),
    [part, by],
  );
  const choices = [LIKELIEST, ...part.tracked.map((_, i) => i)];
  const whose = by === LIKELIEST ? "the likeliest token" : `“${bare(part.tracked[by]!.name)}”`;
  return (
    <>
      <Caption words={part.caption} />
      {choices.length > 1 && (
        <div class="tools">
          <span>coloured by the probability of</span>
          <span class="choice" role="group" aria-label="Coloured by the probability of">
            {choices.map((choice) => (
              <button key={choice} type="button" aria-pressed={by === choice} onClick={() => setBy(choice)}>
                {choice === LIKELIEST ? "the likeliest" : <bdi dir="auto">{bare(part.tracked[choice]!.name)}</bdi>}
              </button>
            ))}
          </span>
        </div>
      )}
      <LensGrid part={part} text={text} probabilities={probabilities} here={here} cell={cell} pinned={pinned} home={home} onPoint={point} onPin={keep} />
      <p class="legend">
        <span class="lens-ramp"><b>0</b><span class="ramp" aria-hidden="true"><i class="z" />{STRENGTHS.map((n) => <i key={n} class={`p${n}`} />)}</span><b>1</b> probability of {whose}</span>
        {part.tracked.map(({ name }, i) => (
          <span key={i}><i class={`lens-key s${i}`} /> the likeliest is <b><bdi dir="auto">{bare(name)}</bdi></b></span>
        ))}
        {probabilities.some((row) => row.includes(null)) && <span><i class="x key">?</i> no number</span>}
      </p>
      <div class="lens-below">
        <LensHere part={part} cell={cell} />
        <LensLines part={part} cell={cell} onLayer={(i) => point(i === null ? null : [i, cell[1]])} />
      </div>
    </>
  );
}

/** Where another figure's cursor stands, in the layer that was looked at; `home` if it stands on no position. */
function elsewhere(part: Lens, text: string, here: Place | null, home: Cell): Cell {
  const { spans } = part.positions;
  if (!here || touches(here, text, spans[home[1]])) return home;
  const column = spans.findIndex((span) => touches(here, text, span));
  return column < 0 ? home : [home[0], column];
}
