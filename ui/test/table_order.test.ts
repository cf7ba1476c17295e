// The order of rows: numbers as numbers, whatever stands around them.

import { expect, test } from "vitest";
import { matching, numberIn, sorted } from "../src/figures/table_order";

test("a cell has the number that it begins with", () => {
  const cells = ["+1.2e-05", "0.31 to 0.52", "-2.5 ± 0.1", "1,234", "12 of 20", "2 (1 to 3)", "infinity", "-infinity", "0"];
  expect(cells.map(numberIn)).toEqual([1.2e-5, 0.31, -2.5, 1234, 12, 2, Infinity, -Infinity, 0]);
  for (const cell of ["n/a", "", "no number", "-", "?", "mlp 3"]) expect(numberIn(cell)).toBeNaN();
});

const ROWS = [["b", "+0.5"], ["a10", "n/a"], ["a9", "-2"], ["c", "+1e-05"], ["d", ""], ["e", "+0.5"]];
const names = (rows: string[][]) => rows.map((row) => row[0]).join(" ");

test("what has no number stands last in either direction, and equal ones stay as they were", () => {
  expect(names(sorted(ROWS, { column: 1, direction: "descending" }, [1]))).toBe("b e c a9 a10 d");
  expect(names(sorted(ROWS, { column: 1, direction: "ascending" }, [1]))).toBe("a9 c b e a10 d");
});

test("words are in the order of their numbers too, and without an order nothing moves", () => {
  expect(names(sorted(ROWS, { column: 0, direction: "ascending" }, [1]))).toBe("a9 a10 b c d e");
  expect(sorted(ROWS, null, [1])).toBe(ROWS);
});

test("rows are found by their words, in one column or any", () => {
  expect(names(matching(ROWS, " A", -1))).toBe("a10 a9");
  expect(names(matching(ROWS, "a", 1))).toBe("a10");
  expect(matching(ROWS, "  ", -1)).toBe(ROWS);
});
