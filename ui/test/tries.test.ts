// What a try says: an explanation holds where its promise is nearer to the truth than chance.

import { expect, test } from "vitest";
import type { Ablated } from "../src/app/api";
import { held, inWords } from "../src/app/tries";

const found = (predicted: number | null, change: number, mean: number): Ablated => ({
  units: "nats", whole: -1, without: -1 - change, change, predicted, reason: predicted === null ? "No sum." : "", control: { mean, low: mean - 1, high: mean + 1, changes: [mean] },
});

test.each([
  [17, 16, 5, true],
  [0, 0.1, 5, true],
  [0.2, 15, 14, false],
  [-4, 4, 0, false],
  [-4, -3, 0, true],
])("promised %f, real %f, random %f: %s", (predicted, change, mean, holds) => expect(held(found(predicted, change, mean))).toBe(holds));

test("what promises nothing is not judged, and says why", () => {
  expect(held(found(null, 3, 1))).toBeNull();
  expect(inWords(found(null, 3, 1), 2)).toMatch(/^Taking these 2 parts away lowered the answer's number by 3.00, .*No sum\.$/);
});

test("falls and rises are words", () => {
  expect(inWords(found(-4, -3, 1), 1)).toContain("promises that taking it away raises the answer's number by 4.00. It raised the answer's number by 3.00");
});
