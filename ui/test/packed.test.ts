// Looks are unpacked as they were packed: every number at its place, the mean over heads, and what was not sent.

import { expect, test } from "vitest";
import type { Packed } from "../src/figure";
import { about } from "../src/figures/heads_words";
import { Layers, NO_CODE, unpacked } from "../src/packed";

async function packed(codes: Int8Array): Promise<string> {
  const stream = new Blob([codes.slice()]).stream().pipeThrough(new CompressionStream("deflate"));
  return btoa(String.fromCharCode(...new Uint8Array(await new Response(stream).arrayBuffer())));
}

/** Two layers of two heads, three queries, four keys; the second layer was not sent. */
async function looks(codes: Int8Array): Promise<Packed> {
  return {
    shape: [2, 2, 3, 4],
    levels: 15,
    hidden: [0, 0],
    limits: [[1, 0.5], [1, 1]],
    errors: [[0.03, 0.02], [0, 0]],
    layers: [await packed(codes), null],
    overview: { rows: 3, columns: 4, levels: 15, codes: "" },
    strongest: [[null, null], [null, null]],
    first: [[null, null], [null, null]],
  };
}

// In the order (head, key, query).
const codes = Int8Array.from({ length: 24 }, (_, i) => (i % 16) - 3);
const limit = [1, 0.5];
const numberOf = (head: number, query: number, key: number) => (codes[head * 12 + key * 3 + query]! * limit[head]!) / 15;

test("codes come back", async () => {
  expect([...(await unpacked(await packed(codes)))]).toEqual([...codes]);
});

test("each number of a head is at its query and key", async () => {
  const layers = new Layers(await looks(codes));
  for (const head of [0, 1]) {
    const field = (await layers.head(0, head))!;
    expect([field.rows, field.columns]).toEqual([3, 4]);
    for (let q = 0; q < 3; q++) for (let k = 0; k < 4; k++) expect(field.numbers[q * field.down + k * field.across]).toBeCloseTo(numberOf(head, q, k), 6);
  }
});

test("the mean over heads is of those that have a number", async () => {
  const holes = codes.slice();
  holes[0] = NO_CODE; // query 0, key 0 of the first head
  holes[1] = holes[13] = NO_CODE; // query 1, key 0 of both
  const field = (await new Layers(await looks(holes)).head(0, -1))!;
  expect(field.numbers[0]).toBeCloseTo(numberOf(1, 0, 0), 6);
  expect(field.numbers[1]).toBeNaN();
  expect(field.numbers[2 * field.down + 3 * field.across]).toBeCloseTo((numberOf(0, 2, 3) + numberOf(1, 2, 3)) / 2, 6);
});

test("a layer that was not sent is null", async () => {
  expect(await new Layers(await looks(codes)).head(1, 0)).toBeNull();
});

test.each([
  [0.4667, 0.0334, false, "0.47 ± 0.04"],
  [0.9528, 0.0033, true, "+0.953 ± 0.004"],
  [-0.001, 0.0334, true, "0.00 ± 0.04"],
  [1234, 40, false, "1234 ± 41"],
  [0.25, 0, false, "0.250"],
  [NaN, 0.1, false, "no number"],
])("%d, known to %d, is written without a digit too many", (value, error, sign, text) => {
  expect(about(value, error, sign)).toBe(text);
});

test("what is written is never further off than it says", () => {
  for (let i = 0; i < 500; i++) {
    const [value, error] = [Math.sin(i) * 10 ** ((i % 9) - 4), Math.abs(Math.cos(i)) * 10 ** ((i % 5) - 4)];
    const [said, off] = about(value, error, true).split(" ± ").map(Number) as [number, number];
    for (const real of [value - error, value + error]) expect(Math.abs(real - said)).toBeLessThanOrEqual(off * (1 + 1e-9));
  }
});
