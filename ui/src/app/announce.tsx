// What a reader who does not see the page is told of what changes on it.

import { useEffect, useState } from "preact/hooks";

let tell: (words: string) => void = () => undefined;

export const announce = (words: string): void => tell(words);

export function Announcer() {
  const [words, set] = useState("");
  useEffect(() => void (tell = set), []);
  return <p class="unseen" role="status">{words}</p>;
}
