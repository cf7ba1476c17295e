// The heading of a part, where it has one.

export function Caption({ words }: { words: string }) {
  return words ? <h2 dir="auto">{words}</h2> : null;
}
