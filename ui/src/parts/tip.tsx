// The one tooltip of a page. It says what is pointed at or focused; it never holds anything that stands nowhere else.

let tip: HTMLElement | null = null;

/** Show words beside an element; null hides them. Lines are broken at "\n". */
export function showTip(words: string | null, beside?: Element | DOMRect): void {
  if (!words || !beside) return void (tip && (tip.hidden = true));
  tip ??= made();
  tip.textContent = words;
  tip.hidden = false;
  const at = "getBoundingClientRect" in beside ? beside.getBoundingClientRect() : beside;
  const own = tip.getBoundingClientRect();
  const left = Math.max(6, Math.min(at.left, innerWidth - own.width - 6));
  const below = at.bottom + own.height + 10 < innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${below ? at.bottom + 6 : Math.max(4, at.top - own.height - 6)}px`;
}

function made(): HTMLElement {
  const made = document.createElement("div");
  made.className = "tip";
  made.setAttribute("role", "presentation");
  made.setAttribute("aria-hidden", "true"); // the same words are the label of what it stands beside
  (document.querySelector(".pellucid") ?? document.body).append(made);
  return made;
}
