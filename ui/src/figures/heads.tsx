// Who looks where: a grid of all heads, and one of them as a matrix and as a text, under the page's cursor.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Heads } from "../figure";
import { Layers, unpacked, type Field } from "../packed";
import { Caption } from "../parts/caption";
import { Legend } from "../parts/legend";
import { useWidth } from "../parts/use_width";
import "./heads.css";
import { HeadGrid } from "./heads_grid";
import { OneHead } from "./heads_one";
import { bestOf, MEAN, type Chosen } from "./heads_words";
import type { Props } from "./part";

export function HeadsFigure({ part, text }: Props<Heads>) {
  const { limits } = part.values;
  const layers = useMemo(() => new Layers(part.values), [part]);
  const overview = useOverview(part);
  const [box, room] = useWidth<HTMLDivElement>(900);
  const [chosen, choose] = useState<Chosen>(() => bestOf(part));
  const [own, setOwn] = useState(false); // each head with the scale of its own largest number
  const found = useHead(layers, chosen);
  const largest = useMemo(() => Math.max(...limits.flat()), [part]);
  const ofHead = ([layer, head]: Chosen) => (head === MEAN ? Math.max(...limits[layer]!) : limits[layer]![head]!);
  const limit = own ? ofHead(found?.chosen ?? chosen) : largest;
  return (
    <>
      <Caption words={part.caption} />
      <div class="heads-live" ref={box}>
        <div class="all">
          <HeadGrid part={part} overview={overview} chosen={chosen} choose={choose} room={room} limitOf={(head) => (own ? ofHead(head) : largest)} />
          <div class="tools">
            <span class="aside">colours</span>
            <span class="choice" role="group" aria-label="Scale of colours">
              <button type="button" aria-pressed={!own} onClick={() => setOwn(false)}>one scale</button>
              <button type="button" aria-pressed={own} onClick={() => setOwn(true)}>each its own</button>
            </span>
          </div>
        </div>
        {found && <OneHead part={part} text={text} chosen={found.chosen} field={found.field} limit={limit} />}
      </div>
      <Legend limit={limit} signed={part.signed} units={part.units} unknown={!!found?.field?.numbers.some(Number.isNaN)} />
    </>
  );
}

/** The codes of all thumbnails, once they are unpacked. */
function useOverview(part: Heads): Int8Array | null {
  const [codes, set] = useState<Int8Array | null>(null);
  useEffect(() => void unpacked(part.values.overview.codes).then(set), [part]);
  return codes;
}

/** The numbers of the head that was chosen; until they are unpacked, those of the one before. */
function useHead(layers: Layers, chosen: Chosen): { chosen: Chosen; field: Field | null } | null {
  const [found, set] = useState<{ chosen: Chosen; field: Field | null } | null>(null);
  useEffect(() => {
    let wanted = true;
    void layers.head(...chosen).then((field) => wanted && set({ chosen, field }));
    return () => void (wanted = false);
  }, [layers, ...chosen]);
  return found;
}
