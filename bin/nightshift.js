#!/usr/bin/env node
// The entry point of the package and of a clone: built code where it exists, else the sources by type stripping.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";

enableCompileCache();
const built = new URL("../dist/cli/main.js", import.meta.url);
const source = new URL("../src/cli/main.ts", import.meta.url);
const { main } = await import(existsSync(built) ? built.href : source.href);
process.exitCode = await main(process.argv.slice(2));
