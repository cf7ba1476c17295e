// Numbers as a reader wants them: the same rules as view/numbers.py, held to it by a test.

import type { Num } from "./figure";

export const NO_NUMBER = "no number";
const HUGE = 1.7e308; // infinity, as JSON has it

/** Three significant digits. */
export function plain(value: Num): string {
  if (value === null) return NO_NUMBER;
  if (Math.abs(value) > HUGE) return value > 0 ? "infinity" : "-infinity";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e5) return exponential(value, 2);
  return value.toFixed(decimals(Math.abs(Number(value.toPrecision(3))), 3));
}

/** Three significant digits with + or -. */
export function signed(value: Num): string {
  const text = plain(value);
  return value === null || value === 0 || text.startsWith("-") ? text : `+${text}`;
}

export const shown = (value: Num, sign: boolean): string => (sign ? signed(value) : plain(value));

/** A number for a cell: as many decimals as show three digits of the largest number of the matrix. */
export function cell(value: Num, limit: number, sign: boolean): string {
  if (value === null) return "?";
  if (Math.abs(value) > HUGE || (limit && !(limit >= 1e-3 && limit < 1e5))) return withSign(exponential(value, 1), sign);
  const text = value.toFixed(decimals(limit, 3));
  return Number(text) === 0 ? text.replace("-", "") : withSign(text, sign);
}

const withSign = (text: string, sign: boolean): string => (sign && !text.startsWith("-") ? `+${text}` : text);

const decimals = (limit: number, digits: number): number => (limit ? Math.max(0, digits - 1 - Math.floor(Math.log10(limit))) : 0);

/** 1.23e-05, as Python writes it. */
function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}
