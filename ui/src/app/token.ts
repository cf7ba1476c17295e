// The token that pellucid serve prints in its address. It comes in the fragment, which a browser sends nowhere, and
// leaves the address at once, so that no copied address carries it; the tab keeps it.

const KEY = "pellucid-token";

/** The token in the address, else the one that this tab has; "" is none. */
export function takeToken(): string {
  const found = tokenIn(location.hash);
  if (found) {
    sessionStorage.setItem(KEY, found);
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return found || (sessionStorage.getItem(KEY) ?? "");
}

export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const forgetToken = (): void => sessionStorage.removeItem(KEY);

/** The token of an address with "#token=", or "". Signs that mean something in an address are spelled there. */
export function tokenIn(address: string): string {
  const spelled = /#token=([^&\s]+)/.exec(address)?.[1] ?? "";
  try {
    return decodeURIComponent(spelled);
  } catch {
    return spelled; // a lone % is one
  }
}
