// The few statistics of a check. Pure.

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation; 0 of fewer than two values, and of equal ones. */
export function deviation(values: readonly number[]): number {
  const [first] = values;
  if (values.length < 2 || values.every((value) => value === first)) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** How far a number that a person wrote may be from the one that was meant: half its last digit, at most a thousandth of it. */
export function rounding(written: number): number {
  const decimals = /\.(\d+)$/.exec(String(written))?.[1]?.length ?? 0;
  return Math.min(0.5 * 10 ** -decimals, Math.abs(written) / 1000) + 1e-9;
}

/** A number in a sentence. */
export function shortText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
