// Arrays come out as they went in: every number at its place, what is none as null, and small ones as they are.

import { expect, test } from "vitest";
import { array, opened, type PackedArray, type SentFigure } from "../src/opened";

/** Bytes with all first ones together, then all second ones; by zlib, in base64. */
async function packed(codes: Uint16Array | Int32Array, of: Omit<PackedArray, "bytes">): Promise<PackedArray> {
  const bytes = new Uint8Array(codes.buffer);
  const wide = codes.BYTES_PER_ELEMENT;
  const planes = bytes.map((_, i) => bytes[(i % codes.length) * wide + Math.floor(i / codes.length)]!);
  const stream = new Blob([planes]).stream().pipeThrough(new CompressionStream("deflate"));
  return { ...of, bytes: btoa(String.fromCharCode(...new Uint8Array(await new Response(stream).arrayBuffer()))) };
}

const bitsOf = (...bits: number[]) => Uint16Array.from(bits);

test("numbers in half precision are those of the standard, times the unit", async () => {
  const bits = bitsOf(0x0000, 0x3c00, 0xbc00, 0x3555, 0x7bff, 0x0001, 0x03ff, 0x0400);
  const found = await array<number[]>(await packed(bits, { shape: [8], whole: false, unit: 0.5 }));
  const real = [0, 1, -1, 0.333251953125, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14];
  expect(found).toEqual(real.map((value) => value / 2));
});

test("what is no number is null, and infinity the largest number", async () => {
  const bits = bitsOf(0x7e00, 0xfe00, 0x7c00, 0xfc00);
  expect(await array(await packed(bits, { shape: [4], whole: false, unit: 3 }))).toEqual([null, null, Number.MAX_VALUE, -Number.MAX_VALUE]);
});

test("whole numbers are exact", async () => {
  const codes = Int32Array.from([0, 1, -1, 255, 256, 50_257, 2 ** 31 - 1, 1 - 2 ** 31, -(2 ** 31)]);
  const found = await array<number[]>(await packed(codes, { shape: [9], whole: true, unit: 1 }));
  expect(found).toEqual([...codes.slice(0, -1), null]);
});

test("a shape of several dims is rows of rows", async () => {
  const codes = Int32Array.from({ length: 24 }, (_, i) => i);
  const found = await array<number[][][]>(await packed(codes, { shape: [2, 3, 4], whole: true, unit: 1 }));
  for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expect(found[i]![j]![k]).toBe(12 * i + 4 * j + k);
});

test("each word is put where it is said, packed or not", async () => {
  const at = await packed(Int32Array.from([0, 1, 1, 0]), { shape: [1, 2, 2], whole: true, unit: 1 });
  const said = [[["a", "b"], ["b", "a"]]];
  const tracked = [{ name: "a", probability: [[0.5, null]], rank: [[1, 2]] }];
  const lens = (places: unknown) => ({ kind: "lens", tokens: { words: ["a", "b"], at: places }, probabilities: [[[0.5, 0.5]]], tracked });
  for (const places of [at, [[[0, 1], [1, 0]]]]) {
    const figure = { title: "", parts: [{ kind: "prose", lines: ["x"] }, lens(places)] } as unknown as SentFigure;
    const [prose, found] = (await opened(figure)).parts;
    expect(prose).toEqual({ kind: "prose", lines: ["x"] });
    expect(found).toEqual({ ...lens(places), tokens: said });
  }
});
