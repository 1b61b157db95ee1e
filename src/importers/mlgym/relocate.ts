// MLGym's one working folder has another place here: paths that name it are written as they are from within.

/** Where every agent of MLGym works. */
export const MLGYM_WORKSPACE = "/home/agent/workspace";
const WITHIN = new RegExp(`${MLGYM_WORKSPACE}/`, "g");
const ITSELF = new RegExp(`${MLGYM_WORKSPACE}(?![\\w-])`, "g");

/** The text with paths into MLGym's workspace made relative to it. */
export function relocated(text: string): string {
  return text.replaceAll(WITHIN, "./").replaceAll(ITSELF, ".");
}
