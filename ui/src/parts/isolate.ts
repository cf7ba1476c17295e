// Words of one direction inside words of another, where there are no elements: in labels and tooltips.

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A token between Unicode's isolates where it runs from right to left, so that it turns no number beside it round. */
export const isolated = (token: string): string => (RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token);
