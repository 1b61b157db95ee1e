// Loaded before the program (NODE_OPTIONS=--import): once the file HOLD_FILES_WHEN is there, opens files until it may open no more, and keeps them.
import { existsSync, openSync } from "node:fs";

const flag = process.env.HOLD_FILES_WHEN ?? "";

const timer = setInterval(() => {
  if (!existsSync(flag)) return;
  clearInterval(timer);
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // That was the last one.
  }
}, 20);
timer.unref();
