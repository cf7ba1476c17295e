// What was promised, what happened and what random parts do, as bars from one zero on one scale.

import { signed } from "../numbers";
import { promised, sumOf, type Try } from "./tries";

export function ThreeBars({ one }: { one: Try }) {
  const { change, control, units } = one.found;
  const sum = sumOf(one);
  const all = [0, sum ?? 0, change, control.mean, control.low, control.high];
  const low = Math.min(...all);
  const width = Math.max(...all) - low || 1;
  const at = (value: number): number => (100 * (value - low)) / width;
  const bar = (value: number) => ({ insetInlineStart: `${Math.min(at(0), at(value))}%`, width: `${Math.abs(at(value) - at(0))}%` });
  const row = (name: string, value: number, range?: [number, number]) => (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{signed(value)}</td>
      <td class="track" aria-hidden="true">
        <span class="zero" style={{ insetInlineStart: `${at(0)}%` }} />
        <span class={`bar ${value < 0 ? "n" : "p"}`} style={bar(value)} />
        {range && <span class="range" style={{ insetInlineStart: `${at(range[0])}%`, width: `${at(range[1]) - at(range[0])}%` }} />}
      </td>
    </tr>
  );
  return (
    <table class="bars three">
      <caption>By how much the answer's number falls, in {units}</caption>
      <tbody>
        {sum === null ? <tr><th scope="row">promised</th><td colSpan={2}>{promised(one)}</td></tr> : row("promised", sum)}
        {row("real", change)}
        {row(`random, mean of ${control.changes.length}`, control.mean, [control.low, control.high])}
      </tbody>
    </table>
  );
}
