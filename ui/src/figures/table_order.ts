// Rows of text in the order of one column, and those that hold some words.

export interface Order {
  column: number;
  direction: "ascending" | "descending";
}

/** The rows in an order; `right` are the columns of numbers. What has no number stands last in either direction. */
export function sorted(rows: string[][], order: Order | null, right: number[]): string[][] {
  if (!order) return rows;
  const { column } = order;
  const sign = order.direction === "ascending" ? 1 : -1;
  if (!right.includes(column)) return rows.toSorted((a, b) => sign * a[column]!.localeCompare(b[column]!, undefined, { numeric: true }));
  const numbers = new Map(rows.map((row) => [row, numberIn(row[column]!)]));
  return rows.toSorted((a, b) => {
    const [one, other] = [numbers.get(a)!, numbers.get(b)!];
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return one === other ? 0 : sign * (one < other ? -1 : 1);
  });
}

/** The number that a cell begins with: of "0.31 to 0.52" the first, of "12 of 20" the 12; NaN where there is none. */
export function numberIn(cell: string): number {
  const text = cell.trim().replaceAll(",", "");
  if (/^[+-]?infinity/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  const found = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text);
  return found ? Number(found[0]) : NaN;
}

/** The rows that hold some words, in one column or in any (-1). */
export function matching(rows: string[][], words: string, column: number): string[][] {
  const sought = words.trim().toLowerCase();
  if (!sought) return rows;
  return rows.filter((row) => (column < 0 ? row : [row[column]!]).some((cell) => cell.toLowerCase().includes(sought)));
}
