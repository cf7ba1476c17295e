// How the answers come up through the layers at one position: their ranks, their probabilities, and both as a table.

import { useMemo, useState } from "preact/hooks";
import type { Lens, Num } from "../figure";
import { plain } from "../numbers";
import { bare, brief, layerNumber, rankName, type Cell } from "./lens_words";
import { LineChart } from "./line_chart";

const HEIGHT = 210;

interface Lines {
  part: Lens;
  cell: Cell;
  onLayer: (index: number | null) => void;
}

export function LensLines({ part, cell: [i, j], onLayer }: Lines) {
  const [open, setOpen] = useState(false);
  const at = useMemo(() => part.layers.map(layerNumber), [part]);
  const ranks = useMemo(() => linesOf(part, j, "rank"), [part, j]);
  const probabilities = useMemo(() => linesOf(part, j, "probability"), [part, j]);
  const position = brief(part.positions.labels[j]!);
  if (!part.tracked.length) return null;
  const names = part.tracked.map(({ name }) => `“${bare(name)}”`).join(" and ");
  const shared = { at, x: "linear" as const, xTitle: "layer", xName: (n: number) => String(at[n]), marked: i, onPoint: onLayer, height: HEIGHT };
  return (
    <>
      <LineChart {...shared} label={`Rank of ${names} at “${position}”, layer by layer`} lines={ranks} y="rank" yTitle={`rank at “${position}”`} />
      <LineChart {...shared} label={`Probability of ${names} at “${position}”, layer by layer`} lines={probabilities} y="linear" domain={[0, 1]} yTitle="probability" />
      <details class="lens-numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Layer by layer at “<bdi dir="auto">{position}</bdi>” as a table</summary>
        {open && <Numbers part={part} j={j} />}
      </details>
    </>
  );
}

const linesOf = (part: Lens, j: number, what: "rank" | "probability") =>
  part.tracked.map((one) => ({ name: bare(one.name), values: one[what].map((row: Num[]) => row[j] ?? null), low: [], high: [] }));

function Numbers({ part, j }: { part: Lens; j: number }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Layer by layer as a table">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">layer</th>
            <th scope="col">likeliest</th>
            <th scope="col" class="number">its probability</th>
            {part.tracked.flatMap(({ name }, t) => [
              <th key={t} scope="col" class="number">p(<bdi dir="auto">{bare(name)}</bdi>)</th>,
              <th key={`${t} rank`} scope="col" class="number">rank</th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {part.layers.map((layer, i) => (
            <tr key={i}>
              <th scope="row">{layer}</th>
              <td><bdi dir="auto">{bare(part.tokens[i]![j]![0] ?? "")}</bdi></td>
              <td class="number">{plain(part.probabilities[i]![j]![0] ?? null)}</td>
              {part.tracked.flatMap(({ probability, rank }, t) => [
                <td key={t} class="number">{plain(probability[i]![j] ?? null)}</td>,
                <td key={`${t} rank`} class="number">{rankName(rank[i]![j] ?? null)}</td>,
              ])}
            </tr>
          )).toReversed()}
        </tbody>
      </table>
    </div>
  );
}
