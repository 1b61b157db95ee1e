// The arithmetic of MLGym's window over a file: which lines `open`, `goto`, `scroll` and an edit show. It keeps the middle, not the first line.

/** Lines of a window, and lines that two have in common when scrolling. */
export const MLGYM_WINDOW = 1_000;
export const MLGYM_OVERLAP = 2;

export interface MlgymWindow {
  /** 1-based; none are shown where `first` is above `last`. */
  readonly first: number;
  readonly last: number;
  readonly above: number;
  readonly below: number;
}

/** The middle that the window can have in a file of so many lines. */
export function constrained(middle: number, total: number, size = MLGYM_WINDOW): number {
  const half = Math.floor(size / 2);
  return Math.max(Math.min(middle, total - half), half);
}

/** The middle from which line `line` stands a sixth below the window's top. */
export function middleFor(line: number): number {
  return Math.floor(Math.max(line + MLGYM_WINDOW / 2 - Math.floor(MLGYM_WINDOW / 6), 1));
}

/**
 * What is shown around a middle. As in MLGym the last `size` of the lines up to the window's end are shown, so that near the end of a file
 * more lines stand above the first one than are told [bug].
 */
export function windowAround(middle: number, total: number, size = MLGYM_WINDOW): MlgymWindow {
  const end = Math.floor(Math.max(middle + size / 2, size / 2));
  const last = Math.min(end, total);
  return {
    first: Math.max(1, last - size + 1),
    last,
    above: Math.floor(Math.max(0, middle - size / 2)),
    below: Math.round(Math.max(0, total - middle - size / 2)),
  };
}
