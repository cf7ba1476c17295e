// A question survives its address, whatever its text.

import { describe, expect, test } from "vitest";
import { addressOf, MOST, NOTHING, PLAIN, questionOf, sameAnswer, type Question } from "../src/app/state";

const FULL: Question = {
  model: "demo-lm", pair: " b ", text: 'A & b = "c" + d%20 #x\n\t🏳️‍🌈 مرحبا 你好 <s>', by: "lime", target: " Paris", against: " Rome", scale: "prob",
  unit: "word", span: [1, 6], options: { samples: "64", "o.odd": "a&b" }, write: 16, second: "banzhaf", removed: [0, 12], judged: ["lime", "banzhaf"], measured: true, shown: "j-1",
};

const random = (length: number): string => {
  let seed = 7;
  return Array.from({ length }, () => String.fromCodePoint(32 + ((seed = (seed * 16807) % 2147483647) % 5000))).join("");
};

async function back(question: Question): Promise<Question> {
  const [query, entry] = await addressOf(question);
  return (await questionOf(query, entry)).question;
}

describe("a question and its address", () => {
  test("nothing asked is no query", async () => {
    expect(await addressOf(NOTHING)).toEqual(["", {}]);
    expect(await back(NOTHING)).toEqual(NOTHING);
  });
  test("everything comes back", async () => expect(await back(FULL)).toEqual(FULL));
  test("a try without anything removed yet is another state than no try", async () => {
    expect((await back({ ...FULL, removed: [] })).removed).toEqual([]);
    expect((await back({ ...FULL, removed: null })).removed).toBeNull();
  });
  test("a long text is packed, and needs no entry", async () => {
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(200);
    const [query, entry] = await addressOf({ ...FULL, text });
    expect(query.length).toBeLessThan(PLAIN);
    expect(entry).toEqual({});
    expect((await questionOf(query, null)).question.text).toBe(text);
  });
  test("a text that does not fit is kept by the tab, and said to be lost elsewhere", async () => {
    const question = { ...FULL, text: random(20_000) };
    const [query, entry] = await addressOf(question);
    expect(query.length).toBeLessThan(MOST);
    expect((await questionOf(query, entry)).question).toEqual(question);
    const elsewhere = await questionOf(query, null);
    expect([elsewhere.question.text, elsewhere.lost]).toEqual(["", true]);
  });
  test.each(["?span=6:1", "?span=a:b", "?span=1:2:3", "?write=-1", "?write=1e9", "?removed=x.-1.1.5e3"])("what is no state is left out: %s", async (search) => {
    const { question } = await questionOf(search, null);
    expect([question.span, question.write]).toEqual([null, 0]);
    expect(question.removed ?? [1]).toEqual([1]);
  });
  test("a damaged packed text is lost, not thrown", async () => expect((await questionOf("?packed=%%%", null)).lost).toBe(true));
  test("a part of an answer is of that answer alone", () => {
    expect(sameAnswer(FULL, { ...FULL, by: "ig" })).toBe(true);
    expect(sameAnswer(FULL, { ...FULL, target: " Rome" })).toBe(false);
  });
});
