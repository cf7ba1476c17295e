// One head: its matrix, its text, and in words what it does and how exact the picture is.

import type { Heads } from "../figure";
import type { Field } from "../packed";
import { CanvasMatrix } from "./canvas_matrix";
import { TokenLooks } from "./heads_tokens";
import { about, doesOf, errorOf, exactness, look, nameOf, type Chosen } from "./heads_words";

interface One {
  part: Heads;
  text: string;
  chosen: Chosen;
  field: Field | null;
  limit: number;
}

export function OneHead({ part, text, chosen, field, limit }: One) {
  const error = errorOf(part, chosen);
  const name = nameOf(part, chosen);
  const says = (i: number, j: number) => `${look(part, i, j)}: ${about(field!.numbers[i * field!.down + j * field!.across]!, error, part.signed)}`;
  return (
    <>
      <div class="one">
        <h3>{name}</h3>
        <p class="head-does">{doesOf(part, chosen).join("; ")}</p>
        {field ? (
          <CanvasMatrix
            field={field}
            rows={part.queries}
            columns={part.keys}
            text={text}
            limit={limit}
            signed={part.signed}
            label={`${name}: from each token, down, to each token, across`}
            says={says}
            span={(i) => part.queries.spans[i]}
          />
        ) : (
          <p class="note">Layer {part.layers[chosen[0]]} is too large for this page: of it, only the thumbnails are here. To see it, explain fewer layers: <code>layers=({part.layers[chosen[0]]},)</code>.</p>
        )}
        {field && <p class="exactness">{exactness(part, chosen)}</p>}
      </div>
      {field && <TokenLooks part={part} text={text} field={field} limit={limit} error={error} />}
    </>
  );
}
