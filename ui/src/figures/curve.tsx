// Numbers along a level: a line, its interval, and what to read it by.

import { useState } from "preact/hooks";
import type { Curve } from "../figure";
import { plain } from "../numbers";
import { Caption } from "../parts/caption";
import { LineChart } from "./line_chart";
import { spansPowers } from "./line_scale";
import type { Props } from "./part";

export function CurveFigure({ part }: Props<Curve>) {
  const powers = spansPowers(part.at);
  const [log, setLog] = useState(powers);
  const names = part.lines.map((line) => line.name);
  const banded = part.lines.some((line) => line.low.length);
  return (
    <>
      <Caption words={part.caption} />
      {powers && (
        <div class="tools">
          <span class="choice" role="group" aria-label={`Scale of ${part.x_title}`}>
            <button type="button" aria-pressed={log} onClick={() => setLog(true)}>powers of ten</button>
            <button type="button" aria-pressed={!log} onClick={() => setLog(false)}>even</button>
          </span>
        </div>
      )}
      <LineChart
        label={`${part.caption || "Curve"}: ${names.join(", ")} by ${part.x_title}. Arrow keys walk along it.`}
        at={part.at}
        lines={part.lines}
        x={log ? "log" : "linear"}
        y="linear"
        xTitle={part.x_title}
        yTitle={part.units || (names.length === 1 ? names[0]! : "value")}
        xName={(i) => part.at[i]!.toLocaleString("en", { maximumSignificantDigits: 6 })}
        references={part.references}
      />
      {banded && <p class="legend">Shaded: the 95% interval.</p>}
      <details>
        <summary>As a table</summary>
        <Numbers part={part} />
      </details>
    </>
  );
}

function Numbers({ part }: { part: Curve }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${part.caption || "curve"} as a table`}>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col" class="number">{part.x_title}</th>
            {part.lines.flatMap(({ name, low }, i) => [
              <th key={i} scope="col" class="number"><bdi dir="auto">{name}</bdi></th>,
              low.length > 0 && <th key={`${i} interval`} scope="col" class="number">95% interval</th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {part.at.map((at, i) => (
            <tr key={i}>
              <th scope="row" class="number">{at.toLocaleString("en", { maximumSignificantDigits: 6 })}</th>
              {part.lines.flatMap(({ values, low, high }, l) => [
                <td key={l} class="number">{plain(values[i]!)}</td>,
                low.length > 0 && <td key={`${l} interval`} class="number">{plain(low[i]!)} to {plain(high[i]!)}</td>,
              ])}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
