// Events of a stream, however it is cut into pieces.

import { expect, test } from "vitest";
import { eventsOf } from "../src/app/events";

const STREAM = 'data: {"done": 1}\n\n: still here\n\ndata: two\ndata: lines\n\nevent: odd\r\ndata:ü🏳️‍🌈\r\n\r\ndata: cut off';

function inPieces(words: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(words);
  return new ReadableStream({
    start(controller) {
      for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
      controller.close();
    },
  });
}

test.each([1, 2, 3, 7, 1000])("pieces of %i bytes", async (size) => {
  const found: string[] = [];
  for await (const data of eventsOf(inPieces(STREAM, size))) found.push(data);
  expect(found).toEqual(['{"done": 1}', "two\nlines", "ü🏳️‍🌈"]);
});
