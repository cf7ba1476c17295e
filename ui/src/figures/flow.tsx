// What flows from part to part of a model, as a graph: the strongest edges, as many as the slider says; pointing at a
// part, or walking to it with the arrow keys, lights what it reads and what it feeds, and lists both with numbers.

import { useMemo, useRef, useState } from "preact/hooks";
import type { Flow } from "../figure";
import { plain, shown } from "../numbers";
import { Caption } from "../parts/caption";
import { byKeys, focusOn } from "../parts/roving";
import { showTip } from "../parts/tip";
import { useEscape } from "../parts/use_escape";
import { useWidth } from "../parts/use_width";
import { VirtualRows } from "../parts/virtual_rows";
import "./flow.css";
import { layoutOf, PILL, type Layout } from "./flow_layout";
import { firstLevel, levelsOf, MOST } from "./flow_levels";
import { FlowList } from "./flow_list";
import type { Props } from "./part";

/** What is chosen: a part or an edge, by number. */
export type Choice = { node: number } | { edge: number } | null;

const FEW = 80; // edges; of so few each says which door of a head it goes into
const LIST = 222; // pixels of the list beside the graph, and of the gap
const LEAST = 440; // of a graph beside it; a narrower one stands above it
const SAID = 4; // edges of a part that its label says

export function FlowFigure({ part }: Props<Flow>) {
  const [box, width] = useWidth<HTMLDivElement>(900);
  const room = width - LIST >= LEAST ? width - LIST : width;
  const layout = useMemo(() => layoutOf(part, room), [part, room]);
  const levels = useMemo(() => levelsOf(part), [part]);
  const [level, setLevel] = useState(() => firstLevel(levels));
  const [hot, setHot] = useState<Choice>(null);
  const [pinned, setPinned] = useState<Choice>(null);
  const [glow, setGlow] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  useEscape(() => (setPinned(null), setHot(null)));
  const count = levels[level]?.count ?? 0;
  const chosen = hot ?? pinned;
  const lit = useMemo(() => edgesOf(part, chosen, count), [part, chosen, count]);
  const toggle = (choice: Choice) => setPinned(same(pinned, choice) ? null : choice);
  return (
    <>
      <Caption words={part.caption} />
      <Slider part={part} levels={levels} level={level} onLevel={setLevel} />
      <div class="flow-body" ref={box}>
        <Graph {...{ part, layout, count, lit, glow, pinned, hot }} onHot={setHot} onPin={toggle} />
        <FlowList part={part} count={count} chosen={chosen} onGlow={setGlow} />
      </div>
      <Key part={part} />
      {part.edges.length > 1 && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{part.edges.length < part.among ? "The strongest " : "All "}{part.edges.length.toLocaleString("en")} edges as a table</summary>
          {open && (
            <VirtualRows
              label="Edges"
              headings={["#", "from", "to", part.units || "value"]}
              right={[0, 3]}
              count={part.edges.length}
              row={(i) => [String(i + 1), part.nodes[part.edges[i]![0]]!.name, destOf(part, i), shown(part.edges[i]![2], part.signed)]}
            />
          )}
        </details>
      )}
    </>
  );
}

/** The name of what an edge goes into, with its door: ``3.h1 q``. */
export function destOf({ nodes, edges, ports }: Flow, edge: number): string {
  const name = nodes[edges[edge]![1]]!.name;
  return ports[edge] ? `${name} ${ports[edge]}` : name;
}

/** The drawn edges of what is chosen. */
export function edgesOf(part: Flow, chosen: Choice, count: number): number[] {
  if (!chosen) return [];
  if ("edge" in chosen) return [chosen.edge];
  return part.edges.slice(0, count).flatMap(([from, to], i) => (from === chosen.node || to === chosen.node ? [i] : []));
}

function Slider({ part, levels, level, onLevel }: { part: Flow; levels: { count: number; least: number }[]; level: number; onLevel: (level: number) => void }) {
  const at = levels[level];
  if (!at) return <p class="flow-said">{part.edges.length ? "Every edge is 0." : "There is no edge."}</p>;
  const of = part.among.toLocaleString("en");
  const said = `edges of at least ${plain(at.least)}: ${at.count.toLocaleString("en")} of ${of}`;
  const full = at.count >= MOST && part.among > at.count;
  return (
    <div class="tools flow-tools">
      {levels.length > 1 && (
        <label>
          <span>fewer</span>
          <input
            type="range"
            min={0}
            max={levels.length - 1}
            value={level}
            aria-label="How many edges are drawn"
            aria-valuetext={said}
            onInput={(event) => onLevel(Number(event.currentTarget.value))}
          />
          <span>more</span>
        </label>
      )}
      <output class="flow-said">{said}{full && "; no more are drawn at once"}</output>
    </div>
  );
}

interface Drawn {
  part: Flow;
  layout: Layout;
  count: number;
  lit: number[];
  glow: number | null;
  pinned: Choice;
  hot: Choice;
  onHot: (choice: Choice) => void;
  onPin: (choice: Choice) => void;
}

function Graph({ part, layout, count, lit, glow, pinned, hot, onHot, onPin }: Drawn) {
  const svg = useRef<SVGSVGElement>(null);
  const stop = useRef<number | null>(null);
  const limit = Math.abs(part.edges[0]?.[2] ?? 0);
  const used = useMemo(() => new Set(part.edges.slice(0, count).flatMap(([from, to]) => [from, to])), [part, count]);
  // The strongest lie on top, and what is lit is drawn once more: so hundreds of paths never change under the pointer.
  const edges = useMemo(() => Array.from({ length: count }, (_, i) => count - 1 - i).map((i) => <Edge key={i} {...{ part, layout, limit }} edge={i} />), [part, layout, count]);
  const labels = useMemo(() => part.nodes.map((_, i) => (used.has(i) ? says(part, { node: i }, count) : "")), [part, count]);
  // One stop for the Tab key; in SVG the attribute is tabindex, and tabIndex would be nothing.
  const first = used.has(stop.current ?? -1) ? stop.current : Math.min(...used);
  const near = new Set(lit.flatMap((i) => [part.edges[i]![0], part.edges[i]![1]]));
  if (hot && "node" in hot) near.add(hot.node);
  const bright = glow === null ? lit : [...lit, glow];

  const choice = (event: Event): Choice => {
    const { node, edge } = (event.target as Element).closest<SVGElement>("[data-node], [data-edge]")?.dataset ?? {};
    return node !== undefined ? { node: Number(node) } : edge !== undefined ? { edge: Number(edge) } : null;
  };
  const point = (event: PointerEvent | FocusEvent) => {
    const found = choice(event);
    if (!same(hot, found) && (event instanceof PointerEvent || byKeys(event))) onHot(found);
    if (!found) return showTip(null);
    const edge = "edge" in found && event instanceof PointerEvent;
    showTip(says(part, found, count), edge ? new DOMRect(event.clientX, event.clientY, 0, 12) : (event.target as Element).closest("[data-node], [data-edge]")!);
  };
  const leave = () => (onHot(null), showTip(null));
  const walk = (event: KeyboardEvent) => {
    const found = choice(event);
    if (!found || !("node" in found)) return;
    if (event.key === "Enter" || event.key === " ") onPin(found);
    else {
      const to = next(layout, [...used], found.node, event.key);
      if (to === null) return;
      const of = (node: number | null) => svg.current!.querySelector<HTMLElement>(`[data-node="${node}"]`);
      focusOn(of(to)!, of(first ?? null));
      stop.current = to;
    }
    event.preventDefault();
  };
  return (
    <div class="flow-scroll" style={{ "--whole": `${layout.width}px` }}>
      <svg
        ref={svg}
        class={`flow${lit.length || glow !== null ? " dim" : ""}`}
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="group"
        aria-label={`${part.caption || "Graph"}: ${count} edges between ${used.size} parts, from the embedding at the bottom up`}
        onPointerOver={point}
        onPointerLeave={leave}
        onFocusIn={point}
        onFocusOut={leave}
        onKeyDown={walk}
        onClick={(event) => choice(event) && onPin(choice(event))}
      >
        <g class="flow-rows" aria-hidden="true">
          {layout.rows.map((row) => <g key={row.y}><line x1={34} x2={layout.width - 8} y1={row.y} y2={row.y} /><text x={26} y={row.y + 4}>{row.name}</text></g>)}
          {layout.rows.length > 0 && <text class="flow-title" x={0} y={14}>block</text>}
        </g>
        <g class="flow-rest" aria-hidden="true">{layout.spots.map((spot, i) => !used.has(i) && <circle key={i} cx={spot.x} cy={spot.y} r={2} />)}</g>
        <g class="flow-edges" aria-hidden="true">{edges}</g>
        <g class="flow-lit" aria-hidden="true">{bright.map((i) => <Edge key={i} {...{ part, layout, limit }} edge={i} bare />)}</g>
        <g class="flow-ports" aria-hidden="true">
          {(count <= FEW ? Array.from({ length: count }, (_, i) => i) : bright).map((i) => {
            const port = layout.port(i);
            return port && <text key={i} x={port.x} y={port.y}>{part.ports[i]}</text>;
          })}
        </g>
        {layout.spots.map((spot, i) => used.has(i) && (
          <g
            key={i}
            class={`flow-node${near.has(i) ? " near" : ""}`}
            data-node={i}
            role="button"
            tabindex={i === first ? 0 : -1}
            aria-label={labels[i]}
            aria-pressed={same(pinned, { node: i })}
            transform={`translate(${spot.x} ${spot.y})`}
          >
            <rect x={-spot.width / 2} y={-PILL / 2} width={spot.width} height={PILL} rx={PILL / 2} />
            <text y={4}>{spot.label}</text>
          </g>
        ))}
      </svg>
    </div>
  );
}

/** An edge: as wide as it is strong, dashed if it works against. `bare` is without the wider path that is pointed at. */
function Edge({ part, layout, limit, edge, bare }: { part: Flow; layout: Layout; limit: number; edge: number; bare?: boolean }) {
  const value = part.edges[edge]![2];
  const share = limit ? Math.abs(value) / limit : 0;
  const d = layout.path(edge);
  const style = { strokeWidth: 1 + 5 * share, strokeOpacity: bare ? 1 : 0.45 + 0.5 * share };
  return (
    <>
      <path class={part.signed && value < 0 ? "against" : "for"} d={d} style={style} />
      {!bare && <path class="reach" d={d} data-edge={edge} />}
    </>
  );
}

function Key({ part }: { part: Flow }) {
  if (!part.edges.length) return null;
  const line = (css: string) => <svg class="flow flow-key" width="34" height="8" aria-hidden="true"><path class={css} d="M1 4H33" style={{ strokeWidth: 3 }} /></svg>;
  const ports = new Set(part.ports);
  return (
    <p class="legend">
      {part.signed && <span>{line("for")} for</span>}
      {part.signed && <span>{line("against")} against</span>}
      <span>as wide as it is strong, the widest <b>{shown(part.edges[0]![2], part.signed)}</b></span>
      {part.units && <span class="units">{part.units}</span>}
      {ports.has("v") && <span><b>q k v</b> into a head's query, key, value</span>}
      {part.nodes.some((n) => /\.kv\d+$/.test(n.name)) && <span><b>kv</b> keys and values that heads share</span>}
    </p>
  );
}

/** A part or an edge in words: what it reads and what it feeds, the strongest first. */
function says(part: Flow, choice: NonNullable<Choice>, count: number): string {
  const { nodes, edges, signed } = part;
  if ("edge" in choice) return `${nodes[edges[choice.edge]![0]]!.name} → ${destOf(part, choice.edge)}: ${shown(edges[choice.edge]![2], signed)}`;
  const own = edgesOf(part, choice, count);
  const list = (some: number[], name: (edge: number) => string) => {
    const said = some.slice(0, SAID).map((i) => `${name(i)} ${shown(edges[i]![2], signed)}`);
    return said.join(", ") + (some.length > SAID ? ` and ${some.length - SAID} more` : "");
  };
  const into = own.filter((i) => edges[i]![1] === choice.node);
  const out = own.filter((i) => edges[i]![0] === choice.node);
  const lines = [nodes[choice.node]!.name];
  if (into.length) lines.push(`from ${list(into, (i) => nodes[edges[i]![0]]!.name + (part.ports[i] ? ` (${part.ports[i]})` : ""))}`);
  if (out.length) lines.push(`to ${list(out, (i) => destOf(part, i))}`);
  return lines.join("\n");
}

/** The part that an arrow key leads to: the next in its row, or the nearest of the next row. */
function next({ spots }: Layout, used: number[], from: number, key: string): number | null {
  const at = spots[from]!;
  const row = (y: number) => used.filter((i) => spots[i]!.y === y).sort((i, j) => spots[i]!.x - spots[j]!.x);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const own = row(at.y);
    return own[own.indexOf(from) + (key === "ArrowLeft" ? -1 : 1)] ?? null;
  }
  const heights = [...new Set(used.map((i) => spots[i]!.y))].sort((a, b) => a - b);
  const here = heights.indexOf(at.y);
  const to = { ArrowUp: heights[here - 1], ArrowDown: heights[here + 1], Home: heights.at(-1), End: heights[0] }[key];
  if (to === undefined) return null;
  return row(to).reduce((best, i) => (Math.abs(spots[i]!.x - at.x) < Math.abs(spots[best]!.x - at.x) ? i : best));
}

function same(one: Choice, other: Choice): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
