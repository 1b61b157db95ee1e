#!/usr/bin/env node
// The door: refuses a Node that is too old in one sentence, else starts. It must parse on any old Node, so it is plain old JavaScript.
var NODE_MIN = 24;
var major = Number(process.versions.node.split(".")[0]);

if (major < NODE_MIN) {
  process.stderr.write(
    "nightshift needs Node " +
      NODE_MIN +
      " or newer, and this is Node " +
      process.versions.node +
      " (" +
      process.execPath +
      "); install a newer one, or `npm install node@" +
      NODE_MIN +
      "` in your folder and start with `npx nightshift`\n",
  );
  process.exitCode = 2;
} else {
  // A start that never settles must not look like success.
  process.exitCode = 1;
  import("./start.js")
    .then((module) => module.start(process.argv.slice(2)))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
}
