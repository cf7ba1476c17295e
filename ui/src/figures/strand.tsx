// Steps of reasoning from top to bottom: the words of each, its number as a bar, its badge, and arcs to the steps that
// it changes. A step that is pointed at shows its own arcs alone.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Num, Strand } from "../figure";
import { shown } from "../numbers";
import { limitOf } from "../scale";
import { Caption } from "../parts/caption";
import { byKeys, focusOn, nextIndex } from "../parts/roving";
import { useEscape } from "../parts/use_escape";
import { arcsOf, ARCS, mostOf } from "./strand_arcs";
import type { Props } from "./part";
import "./strand.css";

export function StrandFigure({ part }: Props<Strand>) {
  const [own, setOwn] = useState<number | null>(null);
  const [pinned, setPinned] = useState<number | null>(null);
  useEscape(() => (setPinned(null), setOwn(null)));
  const list = useRef<HTMLOListElement>(null);
  const stop = useRef(0);
  const heights = useHeights(list, part.steps.length);
  const chosen = own ?? pinned;
  const values = part.steps.map((step) => step.value);
  const limit = useMemo(() => limitOf(values), [part]);
  const both = values.some((value) => value !== null && value < 0);
  const linked = new Set(part.links.filter(([a, b]) => a === chosen || b === chosen).flatMap(([a, b]) => [a, b]));
  const drawn = useMemo(() => mostOf(part.links, chosen), [part, chosen]);
  const walk = (event: KeyboardEvent, i: number) => {
    if (event.key === "Enter" || event.key === " ") setPinned(pinned === i ? null : i);
    else {
      const to = nextIndex(event.key, i, part.steps.length, false);
      if (to === null) return;
      const steps = list.current!.querySelectorAll<HTMLElement>(".step");
      focusOn(steps[to]!, steps[stop.current] ?? null);
      stop.current = to;
    }
    event.preventDefault();
  };
  return (
    <>
      <Caption words={part.caption} />
      <div class={`strand-figure${part.links.length ? " linked" : ""}`}>
        {part.links.length > 0 && heights.length > 1 && (
          <svg class="arcs" width={ARCS} height={heights.at(-1)!} aria-hidden="true">
            {arcsOf(drawn, heights).map((arc, n) => (
              <path key={n} class={`${arc.value < 0 ? "n" : "p"}${chosen === null ? "" : " chosen"}`} d={arc.path} stroke-width={arc.width} />
            ))}
          </svg>
        )}
        <ol ref={list}>
          {part.steps.map((step, i) => (
            <li
              key={i}
              class={`step${chosen === i ? " now" : linked.has(i) ? " linked" : ""}`}
              tabIndex={i === stop.current ? 0 : -1}
              aria-label={says(part, i)}
              aria-current={pinned === i ? "step" : undefined}
              onPointerEnter={() => setOwn(i)}
              onPointerLeave={() => setOwn(null)}
              onFocusIn={(event) => byKeys(event) && setOwn(i)}
              onFocusOut={() => setOwn(null)}
              onKeyDown={(event) => walk(event, i)}
              onClick={() => setPinned(pinned === i ? null : i)}
            >
              <span class="bead" aria-hidden="true">{i + 1}</span>
              <div class="words" dir="auto">{step.words}{step.badge && <> <span class="badge">{step.badge}</span></>}</div>
              <Bar value={step.value} limit={limit} both={both} sign={part.signed} />
            </li>
          ))}
        </ol>
      </div>
      <p class="legend">
        {part.units && <span>numbers in {part.units}</span>}
        {part.links.length > 0 && <span><i class="arc-key p" /> carries on to a later step</span>}
        {part.links.some(([, , value]) => value < 0) && <span><i class="arc-key n" /> works against it</span>}
        {drawn.length < part.links.length && chosen === null && <span>The {drawn.length} strongest of {part.links.length} links; a step shows all of its own.</span>}
      </p>
    </>
  );
}

/** A number from the middle, if some count against; from the left if none does. */
function Bar({ value, limit, both, sign }: { value: Num; limit: number; both: boolean; sign: boolean }) {
  const share = limit && value !== null ? (100 * Math.min(limit, Math.abs(value))) / limit : 0;
  const half = both ? 2 : 1;
  const from = both ? (value !== null && value < 0 ? 50 - share / 2 : 50) : 0;
  return (
    <div class="value">
      <span class="number">{shown(value, sign)}</span>
      <span class={`track${both ? " both" : ""}`} aria-hidden="true">
        <span class={`bar ${value !== null && value < 0 ? "n" : "p"}`} style={{ width: `${share / half}%`, insetInlineStart: `${from}%` }} />
      </span>
    </div>
  );
}

/** The middle of each step, and at last the end of the list, in pixels; none until they are known. */
function useHeights(list: { current: HTMLOListElement | null }, count: number): number[] {
  const [heights, setHeights] = useState<number[]>([]);
  useLayoutEffect(() => {
    const measure = () => {
      const steps = [...list.current!.children] as HTMLElement[];
      setHeights([...steps.map((step) => step.offsetTop + 22), list.current!.offsetHeight]);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, [count]);
  return heights;
}

function says(part: Strand, i: number): string {
  const { words, value, badge } = part.steps[i]!;
  const links = part.links.flatMap(([from, to, link]) => {
    if (to === i) return [`from step ${from + 1} ${shown(link, part.signed)}`];
    return from === i ? [`to step ${to + 1} ${shown(link, part.signed)}`] : [];
  });
  return [`Step ${i + 1}: ${words}`, shown(value, part.signed), badge, ...links].filter(Boolean).join("; ");
}
