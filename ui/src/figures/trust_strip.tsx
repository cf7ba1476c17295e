// One score on its scale: a band for each kind of chance, a tick for its mean, the value as a dot with its interval.

import type { Gauge } from "../figure";
import { useWidth } from "../parts/use_width";
import { measured, scaleOf } from "./trust_words";

const EDGE = 9; // room for a dot at either end
const HEIGHT = 46;
const LINE = 32; // where the scale runs
const BAND = 11;

/** `like`: the gauges that are drawn on one scale with it. */
export function Strip({ gauge, like, controls }: { gauge: Gauge; like: Gauge[]; controls: string[] }) {
  const [box, width] = useWidth<HTMLDivElement>(300);
  const [low, high] = scaleOf(like);
  const x = (value: number) => EDGE + (width - 2 * EDGE) * Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  const bands = gauge.controls.filter(([, , from, to]) => from !== null && to !== null);
  const value = x(gauge.value!);
  const end = (value: number) => measured(gauge, value).replace(/\.0+$/, "");
  const middle = LINE - 1 - (BAND + 2) * Math.max(1, Math.min(bands.length, 2)) / 2;
  return (
    <div ref={box} class="strip">
      <svg width={width} height={HEIGHT} role="img" aria-label={gauge.says}>
        <path class="scale" d={`M${EDGE} ${LINE}H${width - EDGE}`} />
        {low < 0 && high > 0 && <path class="zero" d={`M${x(0)} ${LINE - 3}V${LINE + 4}`} />}
        {bands.map(([name, mean, from, to], i) => {
          const y = LINE - 2 - (BAND + 2) * (i + 1) + 2;
          return (
            <g key={name}>
              <Band number={controls.indexOf(name)} x={x(from!)} y={y} width={Math.max(3, x(to!) - x(from!))} height={BAND} />
              {mean !== null && <path class="mean" d={`M${x(mean)} ${y - 1}V${y + BAND + 1}`} />}
            </g>
          );
        })}
        {gauge.interval && <path class="whisker" d={`M${x(gauge.interval[0])} ${middle}H${x(gauge.interval[1])}M${x(gauge.interval[0])} ${middle - 4}V${middle + 4}M${x(gauge.interval[1])} ${middle - 4}V${middle + 4}`} />}
        <path class="stem" d={`M${value} ${middle}V${LINE}`} />
        <circle class="value" cx={value} cy={middle} r={5.5} />
        <g class="ends">
          <text x={EDGE} y={HEIGHT - 2}>{end(low)}</text>
          {low < 0 && high > 0 && <text x={x(0)} y={HEIGHT - 2}>0</text>}
          <text x={width - EDGE} y={HEIGHT - 2}>{end(high)}</text>
        </g>
      </svg>
    </div>
  );
}

/** The range of one kind of chance: the first is filled, the second hatched, so that neither needs its colour. */
export function Band({ number, x, y, width, height }: { number: number; x: number; y: number; width: number; height: number }) {
  const stripes = [];
  if (number % 2) for (let at = x + 3; at < x + width + height; at += 5) {
    const from = Math.min(at, x + width);
    const to = Math.max(at - height, x);
    stripes.push(`M${from} ${y + at - from}L${to} ${y + at - to}`);
  }
  return (
    <g class={`band ${number % 2 ? "hatched" : "filled"}`}>
      <rect x={x} y={y} width={width} height={height} rx={2} />
      {stripes.length > 0 && <path d={stripes.join("")} />}
    </g>
  );
}
