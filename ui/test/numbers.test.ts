// The same cases as tests/view/in_browser/test_shared_numbers.py: both sides write a number the same way.

import { describe, expect, test } from "vitest";
import { cell, plain, signed } from "../src/numbers";
import { cssOfValue } from "../src/scale";
import cases from "./numbers.json";

describe("numbers", () => {
  test.each(cases.numbers)("$value", (c) => {
    expect([plain(c.value), signed(c.value)]).toEqual([c.plain, c.signed]);
  });
});

describe("cells", () => {
  test.each(cases.cells)("$value of $limit", (c) => {
    expect(cell(c.value, c.limit, c.sign)).toBe(c.cell);
  });
});

describe("steps", () => {
  test.each(cases.steps)("$value of $limit", (c) => {
    expect(cssOfValue(c.value, c.limit)).toBe(c.css);
  });
});
