// A text coloured by the scores of its parts: every token can be pointed at, walked to and pinned. A long text has
// three zooms; in each the strongest token of a stretch stays to be seen.

import { useMemo, useState } from "preact/hooks";
import type { Highlight } from "../figure";
import { limitOf } from "../scale";
import { Caption } from "../parts/caption";
import { Legend } from "../parts/legend";
import { BarList } from "./bars";
import { namesOf, ranksOf } from "./marks";
import type { Props } from "./part";
import { TokenText } from "./token_text";
import { StretchText } from "./stretches";

const ZOOMS = ["document", "sentence", "token"] as const;
type Zoom = (typeof ZOOMS)[number];

export function HighlightFigure({ part, text }: Props<Highlight>) {
  const [zoom, setZoom] = useState<Zoom>("token");
  const [blanks, setBlanks] = useState(false);
  const limit = useMemo(() => part.limit ?? limitOf(part.marks.value), [part]);
  const names = useMemo(() => namesOf(part), [part]);
  const ranks = useMemo(() => ranksOf(part.marks.value), [part]);
  const drawn = { part, text, limit, names, ranks };
  return (
    <>
      <Caption words={part.caption} />
      {part.sentences && (
        <div class="tools">
          <span class="choice" role="group" aria-label="Zoom">
            {ZOOMS.map((name) => (
              <button key={name} type="button" aria-pressed={zoom === name} onClick={() => setZoom(name)}>{name}</button>
            ))}
          </span>
        </div>
      )}
      {/* Thousands of tokens are made once: zooming out hides them. */}
      <TokenText {...drawn} blanks={blanks} hidden={zoom !== "token"} />
      {zoom !== "token" && <StretchText {...drawn} by={zoom} onOpen={() => setZoom("token")} />}
      {zoom === "token" && (
        <Legend limit={limit} signed={part.signed} units={part.units} unknown={part.marks.value.includes(null)}>
          <button type="button" class="quiet" aria-pressed={blanks} onClick={() => setBlanks(!blanks)}>␣ blanks</button>
        </Legend>
      )}
      <BarList {...drawn} />
    </>
  );
}
