// The command line of a Python script of a task: no site-packages, no environment, and one folder to import from.

const BOOT =
  "import sys, runpy; sys.path.insert(0, sys.argv[1]); sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')";

/** Runs `script` with `words` as its arguments; it finds its imports in the standard library and in `importedFrom` alone. */
export function pythonScript(
  python: string,
  importedFrom: string,
  script: string,
  words: readonly string[],
): readonly [string, ...string[]] {
  return [python, "-I", "-S", "-B", "-c", BOOT, importedFrom, script, ...words];
}
