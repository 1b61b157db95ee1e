// A machine that cannot carry a plan: no daemon, no image, no Python, no room, no right to write. One sentence with the place and the remedy,
// before anything is spent or written.
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import Docker from "dockerode";
import { afterAll, beforeAll, describe } from "vitest";
import { errorText } from "../../src/core/errors.ts";
import { edited, GOOD } from "./badPipelines.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

const run = promisify(execFile);
const NOBODY = 65_534;
const DOCKER_SOCKET = "/var/run/docker.sock";
const BARE_IMAGE = "nightshift/bad-input-without-python:latest";
const isRoot = process.getuid?.() === 0;

const cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
const at = (...names: readonly string[]) => path.join(cwd, ...names);

/** Whether this machine lets us mount a small disk; else why not. */
const noMounts = await mounted("small", "size=16m").then(
  () => null,
  (error: unknown) => errorText(error),
);
/** Why no container tests; null where a daemon answers and has taken an image with nothing in it. */
const noDocker = await bareImage().then(
  () => null,
  (error: unknown) => errorText(error),
);
/** Why nobody cannot run the binary here. */
const noNobody = await startedByNobody();

async function mounted(name: string, options: string): Promise<void> {
  await mkdir(at(name));
  await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at(name)]);
}

async function bareImage(): Promise<void> {
  const docker = new Docker({ socketPath: DOCKER_SOCKET });
  await docker.ping();
  const { stdout } = await run("tar", ["-C", at(), "-cf", "-", "--files-from", "/dev/null"], {
    encoding: "buffer",
  });
  const archive = at("..", `${path.basename(cwd)}.tar`);
  await writeFile(archive, stdout);
  const [repo, tag] = BARE_IMAGE.split(":");
  const progress = await docker.importImage(archive, { repo, tag });
  await new Promise((resolve) => docker.modem.followProgress(progress, resolve));
  await rm(archive);
}

async function startedByNobody(): Promise<string | null> {
  if (!isRoot) return null;
  await chmod(cwd, 0o755);
  const { exitCode, stderr } = await nightshift(["--version"], { cwd, uid: NOBODY });
  return exitCode === 0 ? null : `another user cannot start it: ${stderr.slice(0, 200)}`;
}

beforeAll(async () => {
  await writeFile(at("good.yaml"), GOOD);
  await writeFile(at("notASocket"), "");
  const files = {
    "noImage.yaml": edited(GOOD, "battle-of-sexes", "no-image"),
    "bareImage.yaml": edited(GOOD, "battle-of-sexes", "bare-image"),
    "tcp.yaml": edited(GOOD, "backend: process", "backend: docker\n  docker: { host: 127.0.0.1, port: 9 }"),
    "socket.yaml": edited(
      GOOD,
      "backend: process",
      "backend: docker\n  docker: { socket: /nowhere/docker.sock }",
    ),
    "locked.yaml": GOOD,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  const images = { "no-image": "no-such-image", "bare-image": "bad-input-without-python" };
  for (const [id, image] of Object.entries(images)) {
    await cp(path.join(REPOSITORY, "tasks", "battle-of-sexes"), at("tasks", id), { recursive: true });
    const yaml = at("tasks", id, "task.yaml");
    await writeFile(yaml, edited(await readFile(yaml, "utf8"), "image: python", `image: ${image}`));
  }
  await writeFile(at("oldPython"), `#!/bin/sh\necho '${JSON.stringify(OLD_PYTHON)}'\n`, { mode: 0o755 });
  await writeFile(at("noPython"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
  await writeFile(at("brokenPython"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  await mkdir(at("locked"), { mode: 0o555 });
  await chmod(at("locked.yaml"), 0o000);
  await chmod(cwd, 0o555);
  if (noMounts === null) {
    await mounted("readOnly", "size=1m");
    await run("mount", ["-o", "remount,ro", at("readOnly")]);
  }
});
afterAll(async () => {
  for (const name of ["small", "readOnly"]) await run("umount", [at(name)]).catch(() => undefined);
  await chmod(cwd, 0o755);
  await rm(cwd, { recursive: true, force: true });
  if (noDocker === null) await new Docker({ socketPath: DOCKER_SOCKET }).getImage(BARE_IMAGE).remove();
});

const OLD_PYTHON = { version: [3, 6, 9], executable: "/old/python3", prefixes: [], code: "" };

const container = (file: string, ...rest: readonly string[]) => [
  "run",
  file,
  "--set",
  "sandbox.backend=docker",
  ...rest,
];

const ALWAYS: readonly BadCase[] = [
  {
    what: "no Docker daemon at the environment's socket",
    args: container("good.yaml"),
    env: { NIGHTSHIFT_DOCKER_SOCKET: "/nowhere/docker.sock" },
    says: /^no Docker daemon answers at \/nowhere\/docker\.sock \(.*ENOENT.*\); start one \(`npm run dockerd`\), or use another backend$/m,
  },
  {
    what: "a file for a socket",
    args: container("good.yaml"),
    env: { NIGHTSHIFT_DOCKER_SOCKET: at("notASocket") },
    says: /^no Docker daemon answers at .*notASocket \(.*\); start one/,
  },
  {
    what: "no Docker daemon at the file's socket",
    args: ["run", "socket.yaml"],
    says: /^no Docker daemon answers at \/nowhere\/docker\.sock /,
  },
  {
    what: "no Docker daemon at the file's host",
    args: ["run", "tcp.yaml"],
    says: /^no Docker daemon answers at 127\.0\.0\.1:9 \(.*ECONNREFUSED.*\); start one/,
  },
  {
    what: "no Podman service",
    args: ["run", "good.yaml", "--set", "sandbox.backend=podman"],
    env: { NIGHTSHIFT_PODMAN_SOCKET: "/nowhere/podman.sock" },
    says: /^no Podman service answers at \/nowhere\/podman\.sock \(.*\); start one .*, or use another backend$/m,
  },
  {
    what: "no Python",
    args: ["run", "good.yaml"],
    env: { NIGHTSHIFT_PYTHON: "/nowhere/python3" },
    says: /^sandboxes need python3 >= 3\.8, but "\/nowhere\/python3" did not run as one \(there is no such program\); install python3, or name one in NIGHTSHIFT_PYTHON$/m,
  },
  {
    what: "a program that is no Python",
    args: ["run", "good.yaml"],
    env: { NIGHTSHIFT_PYTHON: at("noPython") },
    says: /noPython" did not run as one \(it printed something else\); install python3/,
  },
  {
    what: "a Python that does not start",
    args: ["run", "good.yaml"],
    env: { NIGHTSHIFT_PYTHON: at("brokenPython") },
    says: /brokenPython" did not run as one \(it ended with code 3\); install python3/,
  },
  {
    what: "an old Python",
    args: ["run", "good.yaml"],
    env: { NIGHTSHIFT_PYTHON: at("oldPython") },
    says: /^sandboxes need python3 >= 3\.8; ".*oldPython" is 3\.6\.9; install python3, or /,
  },
];

const MOUNTS: readonly BadCase[] = [
  {
    what: "a disk that is nearly full",
    args: ["run", "good.yaml", "--out", "small/run"],
    says: /^the file system of .*\/small \(for .*small\/run\) has 1\d MiB free, and a run needs 256 MiB to start; free some, or /,
  },
  {
    what: "a read-only disk",
    args: ["run", "good.yaml", "--out", "readOnly/deep/run"],
    says: /^cannot write to .*\/readOnly \(for .*\): its file system is read-only; name another folder/,
  },
];

const CONTAINERS: readonly BadCase[] = [
  {
    what: "an image that is not there",
    args: container("noImage.yaml"),
    says: /^the image nightshift\/no-such-image:latest is not on local; build it with `nightshift images build no-such-image`$/m,
  },
  {
    what: "an image without python3",
    args: container("bareImage.yaml"),
    says: /^the image nightshift\/bad-input-without-python:latest cannot run sandboxes: it needs python3 >= 3\.8 and bash \(.*python3.*\)/,
  },
];

const NOBODYS: readonly BadCase[] = [
  {
    what: "a pipeline file that may not be read",
    args: ["run", "locked.yaml"],
    says: /^cannot read the pipeline file locked\.yaml: you may not read it; change its permissions$/m,
  },
  {
    what: "a folder that may not be written",
    args: ["run", "good.yaml", "--out", "locked/run"],
    says: /^cannot write to .*\/locked \(for .*locked\/run\): you may not write there; name another folder, or change/,
  },
  {
    what: "a place where no output folder can be made",
    args: ["run", "good.yaml"],
    says: /^cannot write to .* \(for .*output\/test-\d+-\d+\): you may not write there; /,
  },
];

describe("a machine", () => {
  refuses(ALWAYS, () => ({ cwd }));
});

describe.skipIf(skipped("a small and a read-only disk", noMounts))("a disk", () => {
  refuses(MOUNTS, () => ({ cwd }));
});

describe.skipIf(skipped("images", noDocker))("a container host", () => {
  refuses(CONTAINERS, () => ({ cwd }));
});

describe.skipIf(skipped("another user", noNobody))("a user without rights", () => {
  refuses(NOBODYS, () => ({ cwd, ...(isRoot ? { uid: NOBODY } : {}) }));
});

function skipped(what: string, why: string | null): boolean {
  if (why !== null) console.warn(`SKIPPED: bad input from ${what}: ${why}`);
  return why !== null;
}
