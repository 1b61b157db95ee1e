// Where this package lies: its tasks and pipelines are beside `src/` in a clone and beside `dist/` when installed.
import { fileURLToPath } from "node:url";

export const PACKAGE_ROOT = fileURLToPath(new URL("../..", import.meta.url));
