// Writes the generated files: JSON Schemas and reference pages. `tests/docs/generated.test.ts` fails while one of them is stale.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./docs/generatedFiles.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

for (const [file, text] of await generatedFiles()) {
  const target = path.join(ROOT, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text);
  process.stdout.write(`${file}\n`);
}
