// Beside a graph: the edges of what is chosen with their numbers, or the strongest of all.

import type { Flow } from "../figure";
import { shown } from "../numbers";
import { destOf, type Choice } from "./flow";

const MOST = 12; // edges of a list

interface Listed {
  part: Flow;
  count: number;
  chosen: Choice;
  onGlow: (edge: number | null) => void;
}

export function FlowList({ part, count, chosen, onGlow }: Listed) {
  const { nodes, edges } = part;
  const drawn = edges.slice(0, count).map((_, i) => i);
  const source = (i: number) => nodes[edges[i]![0]]!.name;
  const whole = (i: number) => [source(i), destOf(part, i)];
  const given = { part, onGlow };
  if (!chosen) return <aside class="flow-list"><List {...given} title="Strongest" edges={drawn} ends={whole} /></aside>;
  if ("edge" in chosen) return <aside class="flow-list"><List {...given} title="Edge" edges={[chosen.edge]} ends={whole} /></aside>;
  return (
    <aside class="flow-list">
      <h3 dir="auto">{nodes[chosen.node]!.name}</h3>
      <List {...given} title="reads from" edges={drawn.filter((i) => edges[i]![1] === chosen.node)} ends={(i) => [source(i), part.ports[i] ?? ""].filter(Boolean)} />
      <List {...given} title="feeds" edges={drawn.filter((i) => edges[i]![0] === chosen.node)} ends={(i) => [destOf(part, i)]} />
    </aside>
  );
}

function List({ part, title, edges, ends, onGlow }: Omit<Listed, "count" | "chosen"> & { title: string; edges: number[]; ends: (edge: number) => string[] }) {
  if (!edges.length) return null;
  const limit = Math.abs(part.edges[0]![2]);
  return (
    <table onPointerLeave={() => onGlow(null)}>
      <caption>{title}</caption>
      <tbody>
        {edges.slice(0, MOST).map((i) => {
          const value = part.edges[i]![2];
          return (
            <tr key={i} onPointerEnter={() => onGlow(i)}>
              <th scope="row">{ends(i).map((end, j) => <>{j > 0 && " → "}<bdi dir="auto">{end}</bdi></>)}<i class={`bar ${value < 0 ? "n" : "p"}`} style={{ width: `${limit ? (100 * Math.abs(value)) / limit : 0}%` }} /></th>
              <td class="number">{shown(value, part.signed)}</td>
            </tr>
          );
        })}
      </tbody>
      {edges.length > MOST && <tfoot><tr><td colSpan={2}>and {(edges.length - MOST).toLocaleString("en")} more</td></tr></tfoot>}
    </table>
  );
}
