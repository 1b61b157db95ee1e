// The environment that code in a sandbox sees: fixed, so that what it prints does not depend on the host.
import { dirname } from "node:path";

const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Variables of a sandbox: a cleared environment, one thread per numeric library, and the spec's own on top. */
export function childEnvironment(
  own: Readonly<Record<string, string>>,
  python: string | null,
): Readonly<Record<string, string>> {
  const path = python === null ? SYSTEM_PATH : [dirname(python), ...SYSTEM_PATH];
  return {
    PATH: [...new Set(path)].join(":"),
    HOME: "/work",
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    PYTHONHASHSEED: "0",
    PYTHONDONTWRITEBYTECODE: "1",
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
    MKL_NUM_THREADS: "1",
    ...own,
  };
}
