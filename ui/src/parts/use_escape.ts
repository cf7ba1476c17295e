// Escape lets go of what is pinned, wherever the keys stand: who pins by pointer need not find a focus first.

import { useEffect } from "preact/hooks";

export function useEscape(letGo: () => void): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => event.key === "Escape" && letGo();
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}
