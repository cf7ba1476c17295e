// A line chart: few ticks, the lines named where they end, every point reached by pointer and by arrow keys.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Line } from "../figure";
import { plain } from "../numbers";
import { focusOn } from "../parts/roving";
import { showTip } from "../parts/tip";
import { useWidth } from "../parts/use_width";
import { scalesOf, spread, type Kind } from "./line_scale";
import { bandPath, linePath } from "./svg_path";
import "./line_chart.css";

export interface Chart {
  label: string;
  at: number[];
  lines: Line[];
  x: Kind;
  y: Kind;
  xTitle: string;
  yTitle: string;
  xName?: (index: number) => string;
  references?: [number, string][];
  domain?: [number, number];
  /** A place along the level that is marked, and what to do when another is chosen. */
  marked?: number;
  onPoint?: (index: number | null) => void;
  height?: number;
}

const TOP = 26;
const BOTTOM = 38;
const LEFT = 46;
const SAMPLE = 24; // of a line, beside its name
const LETTER = 6.7; // of a label, pixels
const LONGEST = 18; // letters of a label

export function LineChart(chart: Chart) {
  const { at, lines, references = [], marked, height = 260 } = chart;
  const [box, width] = useWidth<HTMLDivElement>(520);
  const svg = useRef<SVGSVGElement>(null);
  const stop = useRef<SVGElement | null>(null);
  const [now, setNow] = useState<number | null>(null);
  const names = lines.length > 1 ? lines.map((line) => short(line.name)) : [];
  const right = 14 + (names.length && SAMPLE) + LETTER * Math.max(0, ...names.map((name) => name.length));
  const frame = { left: LEFT, right: Math.max(LEFT + 60, width - right), top: TOP, bottom: height - BOTTOM };
  const { x, y, xTicks, yTicks } = useMemo(() => scalesOf(chart, frame), [at, lines, chart.x, chart.y, frame.right, frame.bottom]);
  const heights = spread(lines.map((line) => y(line.values.findLast((value) => value !== null) ?? null) ?? frame.bottom), 14);
  const nameAt = chart.xName ?? ((i: number) => plain(at[i]!));

  useLayoutEffect(() => {
    if (stop.current?.isConnected) return;
    stop.current = svg.current!.querySelector<SVGElement>("[data-point]");
    stop.current?.setAttribute("tabindex", "0");
  });
  const choose = (index: number | null) => {
    setNow(index);
    chart.onPoint?.(index);
  };
  const says = (l: number, i: number): string => {
    const { name, values, low, high } = lines[l]!;
    const between = low.length ? ` (${plain(low[i]!)} to ${plain(high[i]!)})` : "";
    return `${name} ${plain(values[i]!)}${between}`;
  };
  const tell = (index: number) => {
    const said = [`${chart.xTitle} ${nameAt(index)}`, ...lines.map((_, l) => says(l, index))].join("\n");
    const { left, top } = svg.current!.getBoundingClientRect();
    showTip(said, new DOMRect(left + x(at[index]!) + 10, top + frame.top, 0, 14));
  };
  const point = (event: PointerEvent) => {
    const across = event.clientX - svg.current!.getBoundingClientRect().left;
    const nearest = at.reduce((best, value, i) => (Math.abs(x(value) - across) < Math.abs(x(at[best]!) - across) ? i : best), 0);
    choose(nearest);
    tell(nearest);
  };
  const leave = () => (choose(null), showTip(null));
  const focus = (event: FocusEvent) => {
    const [, i] = placeOf(event.target as Element) ?? [];
    if (i === undefined) return;
    choose(i);
    tell(i);
  };
  const walk = (event: KeyboardEvent) => {
    const place = placeOf(event.target as Element);
    const to = place && STEPS[event.key]?.(place[0], place[1], lines.length - 1, at.length - 1);
    const element = to && svg.current!.querySelector<SVGElement>(`[data-point="${to[0]} ${to[1]}"]`);
    if (!element) return;
    focusOn(element, stop.current);
    stop.current = element;
    event.preventDefault();
  };

  const shown = now ?? marked;
  return (
    <div class="line-chart" ref={box}>
      <svg
        ref={svg}
        width={width}
        height={height}
        role="group"
        aria-label={chart.label}
        onPointerMove={point}
        onPointerLeave={leave}
        onFocusIn={focus}
        onFocusOut={leave}
        onKeyDown={walk}
      >
        <g aria-hidden="true">
          <text class="title" x={2} y={12}>{chart.yTitle}</text>
          <text class="title" x={frame.right} y={height - 4} text-anchor="end">{chart.xTitle}</text>
          {yTicks.map(([value, name]) => (
            <g key={value}>
              <line class="grid" x1={frame.left} x2={frame.right} y1={y(value)!} y2={y(value)!} />
              <text class="tick" x={frame.left - 8} y={y(value)! + 4} text-anchor="end">{name}</text>
            </g>
          ))}
          {xTicks.map(([value, name]) => (
            <g key={value}>
              <line class="grid" x1={x(value)} x2={x(value)} y1={frame.bottom} y2={frame.bottom + 5} />
              <text class="tick" x={x(value)} y={frame.bottom + 18} text-anchor="middle">{name}</text>
            </g>
          ))}
          {references.map(([value, name]) => (
            <g key={name}>
              <line class="reference" x1={frame.left} x2={frame.right} y1={y(value)!} y2={y(value)!} />
              <text class="reference-name" x={frame.left + 5} y={y(value)! - 5}>{name}</text>
            </g>
          ))}
          {shown !== undefined && at[shown] !== undefined && <line class="now" x1={x(at[shown])} x2={x(at[shown])} y1={frame.top - 4} y2={frame.bottom} />}
        </g>
        {lines.map((line, l) => (
          <g key={l} class={`series s${l % 6}`}>
            {line.low.length > 0 && <path class="band" d={bandOf(at, line, x, y)} />}
            <path class="stroke" d={strokeOf(at, line, x, y)} />
            {line.values.map((value, i) =>
              value === null ? null : (
                <circle
                  key={i}
                  class={`point${shown === i ? " now" : ""}`}
                  data-point={`${l} ${i}`}
                  tabindex={-1}
                  role="img"
                  aria-label={`${chart.xTitle} ${nameAt(i)}: ${says(l, i)}`}
                  cx={x(at[i]!)}
                  cy={y(value)!}
                  r={shown === i ? 4.5 : at.length > 60 ? 1.5 : 2.8}
                />
              ),
            )}
            {names[l] !== undefined && (
              <g aria-hidden="true">
                <path class="stroke" d={`M${frame.right + 6},${heights[l]}h${SAMPLE - 4}`} />
                <text class="name" x={frame.right + SAMPLE + 7} y={heights[l]! + 4}>{names[l]}</text>
              </g>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

type Place = (value: number | null) => number | null;

const strokeOf = (at: number[], { values }: Line, x: (value: number) => number, y: Place): string =>
  linePath(at.map((level, i) => pair(x(level), y(values[i] ?? null))));

const bandOf = (at: number[], { low, high }: Line, x: (value: number) => number, y: Place): string =>
  bandPath(at.map((level, i) => {
    const [from, to] = [y(low[i] ?? null), y(high[i] ?? null)];
    return from === null || to === null ? null : [x(level), from, to];
  }));

const pair = (x: number, y: number | null): [number, number] | null => (y === null ? null : [x, y]);

function placeOf(element: Element): [number, number] | null {
  const point = (element as SVGElement).dataset?.point?.split(" ").map(Number);
  return point ? [point[0]!, point[1]!] : null;
}

const short = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name).trim() || "␣";

type Step = (line: number, index: number, lines: number, last: number) => [number, number];
const STEPS: { [key: string]: Step } = {
  ArrowLeft: (line, i) => [line, Math.max(0, i - 1)],
  ArrowRight: (line, i, _, last) => [line, Math.min(last, i + 1)],
  ArrowUp: (line, i) => [Math.max(0, line - 1), i],
  ArrowDown: (line, i, lines) => [Math.min(lines, line + 1), i],
  Home: (line) => [line, 0],
  End: (line, _i, _lines, last) => [line, last],
};
