// One stop for the Tab key among many elements, and arrow keys from one to the next (WAI-ARIA "roving tabindex").

/** Where an arrow, Home or End leads from an index of a list; null for another key. Right-to-left text turns arrows. */
export function nextIndex(key: string, at: number, count: number, rtl: boolean): number | null {
  const forward = rtl ? "ArrowLeft" : "ArrowRight";
  const back = rtl ? "ArrowRight" : "ArrowLeft";
  if (key === forward || key === "ArrowDown") return Math.min(count - 1, at + 1);
  if (key === back || key === "ArrowUp") return Math.max(0, at - 1);
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}

/** Whether a focus came by keys. One that came by a click or a touch says nothing of where the pointer is. */
export const byKeys = (event: FocusEvent): boolean => (event.target as Element).matches(":focus-visible");

/** Make one element the stop for Tab, and focus it. */
export function focusOn(element: HTMLElement | SVGElement, before: HTMLElement | SVGElement | null): void {
  if (before && before !== element) before.tabIndex = -1;
  element.tabIndex = 0;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest", inline: "nearest" });
}
