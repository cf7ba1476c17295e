// Looks as Python packs them (view/in_browser/packed.py): unpacked layer by layer, when they are looked at.

import type { Packed } from "./figure";

export const NO_CODE = -128; // of what is no number
const KEPT = 2; // layers that stay unpacked: one of 32 heads and 2,048 tokens takes 134 MB

/** A matrix of numbers, NaN where there is none: that of row i and column j is `numbers[i * down + j * across]`. */
export interface Field {
  numbers: Float32Array;
  rows: number;
  columns: number;
  down: number;
  across: number;
}

/** Codes out of base64 and zlib. */
export async function unpacked(codes: string): Promise<Int8Array> {
  const stream = new Blob([bytesOf(codes)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Int8Array(await new Response(stream).arrayBuffer());
}

/** The layers of a figure's looks. */
export class Layers {
  private kept = new Map<number, Promise<Int8Array>>();

  constructor(private packed: Packed) {}

  /** One head by query and key, or the mean over the heads where it is -1; null if the layer was not sent. */
  async head(layer: number, head: number): Promise<Field | null> {
    const { shape, levels, limits } = this.packed;
    const codes = await this.layer(layer);
    if (!codes) return null;
    const [, heads, queries, keys] = shape;
    const size = queries * keys;
    const of = (h: number) => decoded(codes.subarray(h * size, (h + 1) * size), limits[layer]![h]! / levels);
    const numbers = head < 0 ? meanOf(size, heads, of) : of(head);
    return { numbers, rows: queries, columns: keys, down: 1, across: queries };
  }

  private layer(layer: number): Promise<Int8Array> | null {
    const sent = this.packed.layers[layer];
    if (!sent) return null;
    const found = this.kept.get(layer) ?? unpacked(sent);
    this.kept.delete(layer);
    this.kept.set(layer, found);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    return found;
  }
}

/** Codes as numbers. */
export function decoded(codes: Int8Array, unit: number): Float32Array {
  const numbers = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) numbers[i] = codes[i] === NO_CODE ? NaN : codes[i]! * unit;
  return numbers;
}

/** The mean over heads, of those that have a number. */
function meanOf(size: number, heads: number, of: (head: number) => Float32Array): Float32Array {
  const sum = new Float32Array(size);
  const count = new Uint16Array(size);
  for (let h = 0; h < heads; h++) {
    of(h).forEach((number, i) => {
      if (Number.isNaN(number)) return;
      sum[i]! += number;
      count[i]!++;
    });
  }
  return sum.map((total, i) => (count[i] ? total / count[i]! : NaN));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native) return native.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
