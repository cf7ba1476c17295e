// What a try says: an explanation holds where its promise is nearer to the truth than chance.

import { expect, test } from "vitest";
import type { Ablated } from "../src/app/api";
import type { Highlight } from "../src/figure";
import { held, inWords, promised, sumOf, tryOf, type Try } from "../src/app/tries";

const found = (predicted: number, change: number, mean: number, credit_units = "logprob"): Ablated => ({
  units: "logprob", credit_units, whole: -1, without: -1 - change, change, predicted, reason: "", control: { mean, low: mean - 1, high: mean + 1, changes: [mean] },
});
const part = { marks: { value: [3, -1, 0, null] } } as unknown as Highlight;
const one = (...numbers: [number, number, number, string?]): Try => tryOf(part, [0], found(...numbers));

test.each([
  [17, 16, 5, true],
  [0, 0.1, 5, true],
  [0.2, 15, 14, false],
  [-4, 4, 0, false],
  [-4, -3, 0, true],
])("promised %f, real %f, random %f: %s", (predicted, change, mean, holds) => expect(held(one(predicted, change, mean))).toBe(holds));

test("shares of credit are of sizes, and no number has none", () => {
  expect(tryOf(part, [0, 3], found(0, 0, 0))).toMatchObject({ credit: 0.75, parts: 0.5 });
});

test.each([
  [[0], 6, true],
  [[0], 4, false],
  [[1, 2], 4, true],
  [[1, 2], -6, false],
])("credits in other units promise an order: %j moves by %f, random ones by 5", (removed, change, holds) => {
  const shares = tryOf(part, removed as number[], found(0.9, change as number, 5, "share"));
  expect(sumOf(shares)).toBeNull();
  expect(held(shares)).toBe(holds);
});

test("falls, rises and orders are words", () => {
  expect(inWords(one(-4, -3, 1))).toContain("promises that taking it away raises the answer's number by 4.00. It raised the answer's number by 3.00, from -1.00 to 2.00 (logprob).");
  expect(inWords(one(0.5, 6, 5, "share"))).toContain("This part has 75% of the credit and is 25% of the text's parts, so taking it away should move the answer's number more than random parts do.");
  expect(promised(one(-4, -3, 1))).toBe("-4.00");
});
