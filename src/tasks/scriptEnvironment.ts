// The environment of a script that came with a task: its own folder, a search path, and nothing of the user's.

/** Where programs are looked for when nobody says. */
export const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin";

/** Everything that a task's script sees of the environment. A key is never in it. */
export function scriptEnvironment(folder: string, searchPath: string): Readonly<Record<string, string>> {
  return { PATH: searchPath, LANG: "C.UTF-8", TZ: "UTC", HOME: folder, TMPDIR: folder };
}
