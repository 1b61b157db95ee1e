// The bubblewrap backend, over this machine's programs and over an image's tree: the common contract, and what only it must
// do. Skipped aloud where bubblewrap does not work.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BoundaryError, errorText, UserError } from "../../src/core/errors.ts";
import type { SandboxBackend } from "../../src/core/sandbox.ts";
import { bubblewrapBackend } from "../../src/sandbox/bubblewrap.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec } from "./ground.ts";
import { hostProcesses, killHard, startOrchestrator, until } from "./killable.ts";

const root = mkdtempSync(join(tmpdir(), "b"));
chmodSync(root, 0o711);
const noTrees = join(root, "none");
const shared = { root, python: "/usr/bin/python3", clock, log: silentLog(), trees: noTrees };

const obstacle = await bubblewrapBackend({ ...shared, blobs: memoryBlobs() })
  .probe()
  .then(
    () => null,
    (error: unknown) => errorText(error),
  );

/** Where `npm run images -- --trees` unpacks images. */
const TREES = process.env["NIGHTSHIFT_IMAGE_TREES"] ?? "/var/cache/nightshift/trees";

const made: SandboxBackend[] = [];
function make(over: Partial<Parameters<typeof bubblewrapBackend>[0]> = {}): SandboxBackend {
  const backend = bubblewrapBackend({ ...shared, blobs: memoryBlobs(), ...over });
  made.push(backend);
  return backend;
}

afterAll(async () => {
  for (const backend of made) await backend.close();
  rmSync(root, { recursive: true, force: true });
});

if (obstacle !== null) {
  console.warn(`SKIPPED: all bubblewrap sandbox tests: ${obstacle}`);
  describe.skip(`bubblewrap (${obstacle})`, () => {
    it("needs bubblewrap and user namespaces", () => {});
  });
} else {
  sandboxContract("bubblewrap", async (blobs) => make({ blobs }));

  describe("bubblewrap", () => {
    const backend = make();

    it("is dead, not successful, once it was killed from outside", async () => {
      await using sandbox = await backend.create(spec(), never);
      const running = sandbox.exec("run", ["sleep", "86651"], PATIENT);
      await until(() => hostProcesses("sleep 86651") > 0);
      process.kill(Number(sandbox.handle.locator), "SIGKILL");
      await expect(running).rejects.toBeInstanceOf(BoundaryError);
      expect(await sandbox.probe()).toBe(false);
      await until(() => hostProcesses("sleep 86651") === 0);
    });

    it("leaves no process when its orchestrator is killed, and the next start finds the rest", async () => {
      const argv = ["sh", "-c", "setsid sleep 86652 & sleep 86652"];
      const own = mkdtempSync(join(root, "killed"));
      chmodSync(own, 0o711);
      const { child } = await startOrchestrator({ backend: "bubblewrap", root: own, runId: "killed", argv });
      await until(() => hostProcesses("sleep 86652") >= 2);
      await killHard(child);
      await until(() => hostProcesses("sleep 86652") === 0);
      const [folder = ""] = readdirSync(own);
      const note = join(own, folder, "cgroups");
      const cgroups = existsSync(note) ? readFileSync(note, "utf8").trim().split("\n") : [];
      const seen: string[] = [];
      const sweeper = make({ root: own });
      expect(await sweeper.sweep({ dryRun: true, found: (what) => seen.push(what) })).toBe(1);
      expect(seen).toEqual([`scratch folder ${join(own, folder)}`]);
      expect(existsSync(join(own, folder))).toBe(true);
      expect(await sweeper.sweep({})).toBe(1);
      expect(readdirSync(own)).toEqual([]);
      expect(cgroups.filter((path) => existsSync(path))).toEqual([]);
    });

    it("cannot be ended from inside, has no rights, and shows nothing of the host but its programs", async () => {
      const secret = join(root, "secret");
      writeFileSync(secret, "label", { mode: 0o644 });
      await using sandbox = await backend.create(spec(), never);
      const attacks = [
        "for s in KILL STOP TERM INT HUP QUIT; do kill -$s 1; done; kill -9 -1",
        "touch /x /etc/x /usr/x /dev/x /run/x",
        "mount -t tmpfs none /mnt; unshare -U true && echo namespace",
        `cat ${secret} /etc/shadow /proc/1/mem /proc/1/environ`,
        "head -c 200000000 /dev/zero > /dev/shm/fill; ls -s /dev/shm/fill",
      ];
      for (const [index, attack] of attacks.entries()) {
        await sandbox.exec(`attack ${index}`, ["bash", "-c", attack], PATIENT);
      }
      const look =
        "grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls -d /x /etc/x /usr/x /dev/x /run/x; ls /home /root " +
        "/var/log; ls /proc | grep -c '^[0-9]'; hostname; whoami; ls /proc/self/fd | wc -w";
      const { output } = await sandbox.shell("look", look, PATIENT);
      expect(output).toMatch(/CapEff:\s+0000000000000000\nNoNewPrivs:\s+1\n/);
      expect(output).not.toMatch(/^\/(etc\/|usr\/|dev\/|run\/)?x$/m);
      expect(Number(/^(\d+)$/m.exec(output)?.[1])).toBeLessThan(10);
      expect(output).toMatch(/\nsandbox\nnobody\n\d\n$/);
      const cat = await sandbox.exec("cat", ["bash", "-c", attacks[3] ?? ""], PATIENT);
      expect(cat.output).not.toMatch(/label|root:/);
      const namespace = await sandbox.exec("namespace", ["bash", "-c", attacks[2] ?? ""], PATIENT);
      expect(namespace.output).not.toMatch(/^namespace$/m);
      expect(await sandbox.probe()).toBe(true);
    });

    it("takes an image's tree as the root where one was built: of this machine nothing is to be seen", async ({
      skip,
    }) => {
      if (!existsSync(join(TREES, "python.nightshift-image.json"))) {
        console.warn(`SKIPPED: no image tree in ${TREES}; run \`npm run images -- --trees\``);
        skip("no image tree was built");
      }
      const contained = make({ trees: TREES });
      const checked = await contained.checkImage("python");
      expect(checked.digest).toMatch(/^sha256:|^[0-9a-f]{64}$/);
      expect(checked.capabilities).toMatchObject({ backend: "bubblewrap", hostFiles: "enforced" });
      expect(await contained.probe()).toMatchObject({ hostFiles: "partial" });
      const data = mkdtempSync(join(root, "data"));
      chmodSync(data, 0o755);
      const marker = "/usr/local/share/nightshift-test-marker";
      writeFileSync(marker, "of this machine");
      try {
        await using sandbox = await contained.create(
          spec({ mounts: [{ hostPath: data, path: "/x/y" }] }),
          never,
        );
        expect(sandbox.capabilities.hostFiles).toBe("enforced");
        const command = `cat ${marker}; ls /x; touch /etc/x /usr/x; ls /etc/debian_version; python3 -c 'print(6*7)'`;
        const { output } = await sandbox.shell("look", command, PATIENT);
        expect(output).toMatch(/marker: No such file/);
        expect(output).toMatch(/\ny\n/);
        expect(output.match(/Read-only file system/g)).toHaveLength(2);
        expect(output).toMatch(/\/etc\/debian_version\n42\n$/);
      } finally {
        rmSync(marker);
      }
    });

    it("refuses half a tree instead of using this machine's programs in its place", async () => {
      const trees = join(root, "trees");
      mkdirSync(trees);
      writeFileSync(join(trees, "python.nightshift-image.json"), JSON.stringify({ digest: "sha256:gone" }));
      await expect(make({ trees }).checkImage("python")).rejects.toBeInstanceOf(UserError);
      await expect(make({ trees }).checkImage("python")).rejects.toThrow(/tree .*python is damaged/);
      expect(await make({ trees }).checkImage("other")).toMatchObject({
        digest: expect.stringMatching(/^host python 3/),
      });
    });

    it("keeps the limits it says it keeps, and gives the cgroups back", async () => {
      const own = mkdtempSync(join(root, "limits"));
      chmodSync(own, 0o711);
      const limited = make({ root: own });
      const found = await limited.probe();
      const [folder = ""] = readdirSync(own);
      const note = join(own, folder, "cgroups");
      const paths = existsSync(note) ? readFileSync(note, "utf8").trim().split("\n") : [];
      if (found.memory !== "enforced") console.warn("SKIPPED: no cgroups of our own can be made here");
      else {
        const sandbox = await limited.create(spec(), never);
        expect(paths.every((path) => existsSync(join(path, "0", "cgroup.procs")))).toBe(true);
        const result = await sandbox.exec("burn", ["python3", "-c", "sum(range(10**7))"], PATIENT);
        expect(result.cpuMs).toBeGreaterThan(30);
        await sandbox[Symbol.asyncDispose]();
        expect(paths.some((path) => existsSync(join(path, "0")))).toBe(false);
      }
      await limited.close();
      expect(paths.filter((path) => existsSync(path))).toEqual([]);
      expect(readdirSync(own)).toEqual([]);
      const without = make({ root: own, cgroups: false });
      expect(await without.probe()).toMatchObject({ memory: "none", cpu: "none", pids: "enforced" });
    });

    it("does without user namespaces where it is root: nothing inside is", async ({ skip }) => {
      if (process.getuid?.() !== 0) skip("only root can do without user namespaces");
      const rootful = make({ userNamespaces: false });
      await using sandbox = await rootful.create(
        spec({ files: [{ path: "a/b", data: Buffer.from("1"), executable: true }] }),
        never,
      );
      const look = [
        "id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status; touch x a/y; stat -c %U:%a /work a/b x",
        "for s in KILL STOP TERM INT; do kill -$s 1; done; python3 -c 'import os; os.setuid(0)'; cat /proc/1/mem",
      ];
      const seen = await sandbox.shell("look", look[0] ?? "", PATIENT);
      expect(seen.output).toMatch(/^5\d{8}\nCapEff:\s+0+\nNoNewPrivs:\s+1\n/);
      const attack = await sandbox.shell("attack", look[1] ?? "", PATIENT);
      expect(attack.output).toMatch(/not permitted\n[\s\S]*PermissionError[\s\S]*Permission denied/);
      const late = await sandbox.exec("late", ["sh", "-c", "setsid sleep 86653 & sleep 86653"], {
        ...PATIENT,
        timeoutMs: 500,
      });
      expect(late.timedOut).toBe(true);
      await until(() => hostProcesses("sleep 86653") === 0);
      await sandbox.exec("left", ["sh", "-c", "setsid sleep 86655 & echo left"], PATIENT);
      expect(hostProcesses("sleep 86655")).toBe(1);
      await sandbox[Symbol.asyncDispose]();
      await until(() => hostProcesses("sleep 86655") === 0);
    });

    it("works for a plain user, where the kernel lets one have namespaces", async ({ skip }) => {
      if (process.getuid?.() !== 0) skip("the tests are a plain user's already");
      const own = mkdtempSync(join(root, "plain"));
      chmodSync(own, 0o777);
      const argv = ["sh", "-c", "sleep 86654"];
      const started = await startOrchestrator({
        backend: "bubblewrap",
        root: own,
        runId: "plain",
        argv,
        uid: 64_999,
      }).catch((error: unknown) => errorText(error));
      if (typeof started === "string") {
        console.warn(`SKIPPED: bubblewrap as a plain user: ${started}`);
        return skip("no namespaces for plain users, or the sources are not theirs to read");
      }
      expect(hostProcesses("sleep 86654")).toBeGreaterThan(0);
      await killHard(started.child);
      await until(() => hostProcesses("sleep 86654") === 0);
    });

    it("makes the same snapshot of the same state as the process backend", async () => {
      const hashes: string[] = [];
      const blobs = memoryBlobs();
      for (const each of [make({ blobs }), processBackend({ ...shared, blobs })]) {
        await using sandbox = await each.create(spec(), never);
        await sandbox.shell("lay", "mkdir -p a/b && cd a && echo x > b/c && export WHERE=/work/a", PATIENT);
        hashes.push(await sandbox.snapshot());
        made.push(each);
      }
      expect(hashes[0]).toBe(hashes[1]);
    });

    it("says in one sentence what is missing and what to do", async () => {
      const absent = make({ program: "no-such-bwrap" });
      await expect(absent.probe()).rejects.toBeInstanceOf(UserError);
      await expect(absent.probe()).rejects.toThrow(
        /bubblewrap sandboxes do not work here.*install bubblewrap/,
      );
    });
  });
}
