// One line of what `doctor` finds: a thing, how it stands, and what to do about it.

export interface Check {
  readonly name: string;
  /** missing: whatever needs it cannot work; warn: it works, with a loss that the detail names. */
  readonly status: "ok" | "warn" | "missing";
  readonly detail: string;
  readonly remedy: string | null;
}

export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail, remedy: null };
}

export function warn(name: string, detail: string, remedy: string): Check {
  return { name, status: "warn", detail, remedy };
}

export function missing(name: string, detail: string, remedy: string): Check {
  return { name, status: "missing", detail, remedy };
}
