// A head on the text itself: for the token that is pointed at, what it looks at, or what looks at it.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { hover, listen, pin, togglePin, touches, type Place } from "../cursor";
import type { Axis, Heads } from "../figure";
import type { Field } from "../packed";
import { byKeys, focusOn, nextIndex } from "../parts/roving";
import { showTip } from "../parts/tip";
import { useCursor } from "../parts/use_cursor";
import { cssOfValue } from "../scale";
import { about, look, token } from "./heads_words";

interface Drawn {
  part: Heads;
  text: string;
  field: Field;
  limit: number;
  error: number;
}

const LONG = 150; // tokens; more scroll in a box of their own
const MOST = 5; // of what is looked at most, in the list

export function TokenLooks({ part, text, field, limit, error }: Drawn) {
  const [back, setBack] = useState(false); // what looks at the token, rather than what it looks at
  const from = back ? part.keys : part.queries;
  const to = back ? part.queries : part.keys;
  const [at, setAt] = useState(from.labels.length - 1);
  const current = Math.min(at, from.labels.length - 1);
  const one = useMemo(() => JSON.stringify(part.queries) === JSON.stringify(part.keys), [part]);
  useEffect(
    () => listen((here) => setAt((now) => chosenBy(pin() ?? here, text, from, now))),
    [text, from],
  );
  const value = (i: number): number => {
    const [query, key] = back ? [i, current] : [current, i];
    return field.numbers[query * field.down + key * field.across]!;
  };
  const says = (i: number): string => {
    const [query, key] = back ? [i, current] : [current, i];
    return `${look(part, query, key)}: ${about(value(i), error, part.signed)}`;
  };
  const most = useMemo(() => strongest(to.labels.map((_, i) => value(i))), [field, current, back]);
  const name = token(from.labels[current]);
  const line = { text, choose: setAt, says, current };
  const css = (i: number) => cssOfValue(value(i) === value(i) ? value(i) : null, limit);
  return (
    <div class="token-looks">
      <div class="lines">
        <div class="tools">
          <span class="choice" role="group" aria-label="Direction">
            <button type="button" aria-pressed={!back} onClick={() => setBack(false)}>looks at</button>
            <button type="button" aria-pressed={back} onClick={() => setBack(true)}>is looked at by</button>
          </span>
        </div>
        {one ? <TokenLine {...line} axis={from} css={css} label="Tokens by look" picks /> : (
          <>
            <TokenLine {...line} axis={from} css={() => "z"} label="Tokens to choose from" picks />
            <TokenLine {...line} axis={to} css={css} label="Tokens by look" picks={false} />
          </>
        )}
      </div>
      <table class="bars">
        <caption aria-live="polite"><b><bdi>{name}</bdi></b> {back ? "is looked at most by" : "looks most at"}</caption>
        <tbody>
          {most.map((i) => (
            <tr key={i}>
              <th scope="row"><bdi dir="auto">{token(to.labels[i])}</bdi></th>
              <td class="number">{about(value(i), error, part.signed)}</td>
              <td class="track" aria-hidden="true"><span class={`bar ${value(i) < 0 ? "n" : "p"}`} style={{ width: `${limit ? Math.min(100, (100 * Math.abs(value(i))) / limit) : 0}%` }} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Line {
  axis: Axis;
  text: string;
  css: (i: number) => string;
  says: (i: number) => string;
  choose: (i: number) => void;
  current: number;
  label: string;
  picks: boolean;
}

/** Tokens in their order. The one that is chosen is framed; once it is pinned, pointing at others reads its looks. */
function TokenLine({ axis, text, css, says, choose, current, label, picks }: Line) {
  const root = useRef<HTMLDivElement>(null);
  const here = useCursor();
  const [stop, setStop] = useState<number | null>(null);
  const placeOf = (i: number): Place | null => {
    const span = axis.spans[i];
    return span ? { text, start: span[0], end: span[1] } : null;
  };
  const found = (event: Event): [HTMLElement, number] | null => {
    const element = (event.target as Element).closest<HTMLElement>("[data-token]");
    return element && [element, Number(element.dataset.token)];
  };
  const pinned = usePin();
  const held = picks && touches(pinned, text, axis.spans[current]);
  const point = (event: Event) => {
    const at = found(event);
    if (!at) return;
    if (picks && !held) choose(at[1]);
    if (!(event instanceof FocusEvent) || byKeys(event)) hover(placeOf(at[1]));
    showTip(picks && !held ? token(axis.labels[at[1]]) : says(at[1]), at[0]);
  };
  const leave = () => (hover(null), showTip(null));
  useEffect(() => intoSight(root.current!, current), [current]);
  const toggle = (i: number) => {
    if (picks) choose(i);
    if (placeOf(i)) togglePin(placeOf(i));
  };
  const walk = (event: KeyboardEvent) => {
    const at = found(event);
    if (!at) return;
    if (event.key === "Enter" || event.key === " ") toggle(at[1]);
    else {
      const to = nextIndex(event.key, at[1], axis.labels.length, getComputedStyle(at[0].parentElement!).direction === "rtl");
      if (to === null) return;
      focusOn(root.current!.querySelector<HTMLElement>(`[data-token="${to}"]`)!, null);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={root}
      class={`text${axis.labels.length > LONG ? " scrolls" : ""}`}
      role="group"
      aria-label={label}
      onPointerOver={point}
      onPointerLeave={leave}
      onFocusIn={(event) => (setStop(found(event)?.[1] ?? null), point(event))}
      onFocusOut={leave}
      onKeyDown={walk}
      onClick={(event) => {
        const at = found(event);
        if (at) toggle(at[1]);
      }}
    >
      <p dir="auto">
        {axis.labels.map((name, i) => {
          const chosen = picks && i === current;
          return [
            apart(axis, i) ? " " : "",
            <span
              key={i}
              class={`t l r ${css(i)}${chosen ? " chosen" : ""}${touches(here, text, axis.spans[i]) ? " lit" : ""}`}
              data-token={i}
              role="button"
              tabIndex={i === (stop ?? current) ? 0 : -1}
              aria-pressed={touches(pinned, text, axis.spans[i])}
              aria-label={says(i)}
            >
              {token(name)}
            </span>,
          ];
        })}
      </p>
    </div>
  );
}

/** What is pinned, as state: it can change while what is lit stays. */
function usePin(): Place | null {
  const [pinned, set] = useState(pin);
  useEffect(() => listen(() => set(pin())), []);
  return pinned;
}

/** Scroll a box of tokens to one of them that was chosen elsewhere. */
function intoSight(box: HTMLElement, token: number): void {
  const element = box.querySelector<HTMLElement>(`[data-token="${token}"]`);
  if (!element || box.matches(":hover, :focus-within") || box.scrollHeight <= box.clientHeight) return;
  const [own, of] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
  if (own.top < of.top || own.bottom > of.bottom) box.scrollTop += own.top - of.top - of.height / 2;
}

/** Whether there is a blank before a token. */
function apart({ labels, spans }: Axis, i: number): boolean {
  const [before, own] = [spans[i - 1], spans[i]];
  return !before || !own || labels[i]!.startsWith(" ") || labels[i - 1]!.endsWith(" ") || own[0] > before[1];
}

/** The token that a place chooses: the one that is chosen already, if the place is of it. */
function chosenBy(place: Place | null, text: string, axis: Axis, now: number): number {
  if (touches(place, text, axis.spans[now])) return now;
  const found = axis.spans.findIndex((span) => touches(place, text, span));
  return found < 0 ? now : found;
}

/** The numbers of the largest magnitude that are not 0, by their index. */
function strongest(values: number[]): number[] {
  const there = values.flatMap((value, i) => (value ? [i] : []));
  return there.sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j).slice(0, MOST);
}
