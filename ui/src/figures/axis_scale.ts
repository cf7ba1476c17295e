// Numbers to pixels along a side, and the round numbers that are written there. d3-scale does the same, with colours,
// dates and formats behind it that no tree shaking takes out: a third of the bundle, for two kinds of scale.

/** A number's place between the ends of a range, straight or by its logarithm. */
export interface AxisScale {
  (value: number): number;
  ends: readonly [number, number];
}

type Ends = readonly [number, number];

export function linear(ends: Ends, range: Ends): AxisScale {
  const slope = (range[1] - range[0]) / (ends[1] - ends[0]);
  return Object.assign((value: number) => range[0] + (value - ends[0]) * slope, { ends });
}

export function logarithmic(ends: Ends, range: Ends): AxisScale {
  const inner = linear([Math.log10(ends[0]), Math.log10(ends[1])], range);
  return Object.assign((value: number) => inner(Math.log10(value)), { ends });
}

/** About so many round numbers between two: multiples of 1, 2 or 5 times a power of ten. */
export function ticks([low, high]: Ends, count: number): number[] {
  const step = stepOf(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The ends moved out to round numbers. */
export function rounded([low, high]: Ends, count: number): [number, number] {
  const step = stepOf(high - low, count);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** The powers of ten between two numbers. */
export function powers([low, high]: Ends): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(`1e${first + i}`));
}

/** Round numbers as they are written: as many decimals as the step between them has. */
export function named(numbers: number[]): [number, string][] {
  const step = Math.abs((numbers[1] ?? 1) - (numbers[0] ?? 0)) || 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const huge = numbers.some((n) => Math.abs(n) >= 1e6) || decimals > 6;
  return numbers.map((n) => [n, huge ? n.toExponential(1) : n.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })]);
}

function stepOf(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const error = rough / power;
  // Half-way on a log scale between 1, 2, 5 and 10 (Heckbert, "Nice numbers for graph labels", Graphics Gems 1990).
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.SQRT2 ? 2 : 1);
}
