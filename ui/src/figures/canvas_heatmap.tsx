// A large matrix: on a canvas, with what every matrix says.

import { useMemo } from "preact/hooks";
import type { Heatmap } from "../figure";
import { shown } from "../numbers";
import type { Field } from "../packed";
import { Caption } from "../parts/caption";
import { Legend } from "../parts/legend";
import { limitOf } from "../scale";
import { CanvasMatrix } from "./canvas_matrix";
import { inWords, turned } from "./matrix";
import type { Props } from "./part";

export function LargeMatrix({ part, text }: Props<Heatmap>) {
  const { rows, columns, values } = useMemo(() => turned(part), [part]);
  const limit = useMemo(() => limitOf(values.flat()), [values]);
  const field = useMemo<Field>(() => {
    const numbers = Float32Array.from(values.flat(), (value) => value ?? NaN);
    return { numbers, rows: rows.labels.length, columns: columns.labels.length, down: columns.labels.length, across: 1 };
  }, [values]);
  const says = (i: number, j: number) => inWords(rows, columns, i, j, shown(values[i]![j]!, part.signed));
  return (
    <>
      <Caption words={part.caption} />
      <CanvasMatrix
        field={field}
        rows={rows}
        columns={columns}
        text={text}
        limit={limit}
        signed={part.signed}
        label={part.caption || "matrix"}
        says={says}
        span={(i, j) => columns.spans[j] ?? rows.spans[i]}
      />
      <Legend limit={limit} signed={part.signed} units={part.units} unknown={field.numbers.some(Number.isNaN)} />
    </>
  );
}
