// One place of a lens in full: the likeliest tokens there with their probabilities, and the answers that are followed.

import type { Lens, Num } from "../figure";
import { plain } from "../numbers";
import { bare, blanksOf, placeName, rankName, type Cell } from "./lens_words";

export function LensHere({ part, cell }: { part: Lens; cell: Cell }) {
  const [i, j] = cell;
  const tokens = part.tokens[i]![j]!;
  return (
    <div class="lens-here">
      <table class="bars">
        <caption>Likeliest, {placeName(part, cell)}</caption>
        <tbody>
          {tokens.map((token, k) => <Said key={k} name={token} probability={part.probabilities[i]![j]![k] ?? null} rank={k + 1} />)}
        </tbody>
        {part.tracked.length > 0 && (
          <tbody class="followed">
            {part.tracked.map(({ name, probability, rank }, t) => (
              <Said key={t} name={name} probability={probability[i]![j] ?? null} rank={rank[i]![j] ?? null} series={t} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  );
}

function Said({ name, probability, rank, series }: { name: string; probability: Num; rank: Num; series?: number }) {
  return (
    <tr>
      <td class="rank">{rankName(rank)}</td>
      <th scope="row"><i class="blank">{"␣".repeat(blanksOf(name))}</i><bdi dir="auto">{bare(name)}</bdi></th>
      <td class="number">{plain(probability)}</td>
      <td class="track" aria-hidden="true"><span class={series === 1 ? "bar n" : "bar p"} style={{ width: `${100 * Math.min(1, probability ?? 0)}%` }} /></td>
    </tr>
  );
}
