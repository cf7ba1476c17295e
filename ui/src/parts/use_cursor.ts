// The page's cursor inside a component.

import { useEffect, useState } from "preact/hooks";
import { listen, lit, type Place } from "../cursor";

/** What is lit, as state: the component draws itself again when it changes. For figures of few elements. */
export function useCursor(): Place | null {
  const [here, set] = useState<Place | null>(lit);
  useEffect(() => listen(set), []);
  return here;
}
