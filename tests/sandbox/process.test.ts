// The process backend, with and without namespaces: the common contract, and what only it must do.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BoundaryError, UserError } from "../../src/core/errors.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { sandboxContract } from "../contracts/sandbox.ts";
import { clock, memoryBlobs, never, PATIENT, silentLog, spec } from "./ground.ts";
import { hostProcesses, killHard, startOrchestrator, until } from "./killable.ts";

const root = mkdtempSync(join(tmpdir(), "s"));
// Without namespaces the sandboxes' own users must get in.
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const shared = { root, python: "/usr/bin/python3", clock, log: silentLog() };

sandboxContract("process", async (blobs) => processBackend({ ...shared, blobs }));
sandboxContract("process without namespaces", async (blobs) =>
  processBackend({ ...shared, blobs, namespaces: false }),
);

const variants = [
  { name: "process" as const, namespaces: true },
  { name: "process without namespaces" as const, namespaces: false },
];

for (const { name, namespaces } of variants) {
  describe(name, () => {
    const backend = processBackend({ ...shared, blobs: memoryBlobs(), namespaces });

    it("is dead, not successful, once its supervisor was killed from outside", async () => {
      await using sandbox = await backend.create(spec(), never);
      const running = sandbox.exec("run", ["sleep", "87651"], PATIENT);
      await until(() => hostProcesses("sleep 87651") > 0);
      process.kill(Number(sandbox.handle.locator), "SIGKILL");
      await expect(running).rejects.toBeInstanceOf(BoundaryError);
      expect(await sandbox.probe()).toBe(false);
      await expect(sandbox.shell("later", "true", PATIENT)).rejects.toMatchObject({ boundary: "sandbox" });
      await until(() => hostProcesses("sleep 87651") === 0);
    });

    it("cannot be ended from inside", async ({ skip }) => {
      if (!namespaces && process.getuid?.() !== 0) skip("only root can give it a user of its own");
      await using sandbox = await backend.create(spec(), never);
      const attack = "for s in KILL STOP TERM INT HUP; do kill -$s $PPID; done; kill -9 -1; echo survived";
      await sandbox.exec("attack", ["bash", "-c", attack], PATIENT);
      await sandbox.shell("attack too", attack, PATIENT);
      expect((await sandbox.shell("after", "echo alive", PATIENT)).output).toContain("alive\n");
      const spy = "import os; open(f'/proc/{os.getppid()}/mem', 'rb')";
      expect((await sandbox.exec("spy", ["python3", "-c", spy], PATIENT)).output).toMatch(
        /Permission denied/,
      );
      const root = "python3 -c 'import os; os.setuid(0)'; su -c id </dev/null; chown 0 /work; echo $?";
      expect((await sandbox.shell("root", root, PATIENT)).output).not.toMatch(/uid=0/);
    });

    it("ends with its orchestrator, however that ends", async () => {
      const argv = ["sh", "-c", "setsid sleep 87652 & sleep 87652"];
      const { child } = await startOrchestrator({ backend: name, root, runId: "killed", argv });
      await until(() => hostProcesses("sleep 87652") >= 2);
      await killHard(child);
      await until(() => hostProcesses("sleep 87652") === 0);
    });

    it("keeps a flood out of the supervisor's memory", async () => {
      await using sandbox = await backend.create(spec(), never);
      await sandbox.shell("flood", "head -c 300000000 /dev/zero", { ...PATIENT, outputBytesMax: 100_000 });
      const outer = sandbox.handle.locator;
      const inner =
        sandbox.capabilities.isolation === "namespace"
          ? readFileSync(`/proc/${outer}/task/${outer}/children`, "utf8").trim()
          : outer;
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${inner}/status`, "utf8"))?.[1];
      expect(Number(peak)).toBeGreaterThan(1_000);
      expect(Number(peak)).toBeLessThan(40_000);
    });

    it("gives many at once a place of their own, and the places back", async () => {
      const count = 40;
      const made = await Promise.all(
        Array.from({ length: count }, (_, index) => backend.create(spec({ owner: `many ${index}` }), never)),
      );
      const said = await Promise.all(
        made.map((sandbox, index) =>
          sandbox.shell("mark", `echo ${index} > mine; ls /work /tmp; cat mine`, PATIENT),
        ),
      );
      expect(said.map(({ output }) => output)).toEqual(
        Array.from({ length: count }, (_, index) => `/tmp:\n\n/work:\nmine\n${index}\n`),
      );
      expect(new Set(made.map(({ handle }) => handle.id)).size).toBe(count);
      await Promise.all(made.map((sandbox) => sandbox[Symbol.asyncDispose]()));
      await using next = await backend.create(spec(), never);
      expect(next.handle.id).toBe("0");
      expect((await next.shell("look", "ls -A", PATIENT)).output).toBe("");
    });
  });
}

describe("process", () => {
  const backend = processBackend({ ...shared, blobs: memoryBlobs() });

  it("behind walls hides the host's files and processes, and opens no further namespaces", async ({
    skip,
  }) => {
    if ((await backend.probe()).isolation !== "namespace") skip("no namespaces on this machine");
    const secret = join(root, "secret");
    writeFileSync(secret, "label", { mode: 0o644 });
    await using sandbox = await backend.create(spec(), never);
    const look = `cat ${secret}; ls /home /root; ls /proc | grep -c '^[0-9]'; unshare -U true; hostname; whoami`;
    const { output } = await sandbox.shell("look", look, PATIENT);
    expect(output).toMatch(/secret: No such file/);
    expect(Number(/^(\d+)$/m.exec(output)?.[1])).toBeLessThan(8);
    expect(output).toMatch(/unshare failed/);
    expect(output).toMatch(/sandbox\nnobody\n$/);
    const written = await sandbox.shell("write", "touch /usr/x /etc/x /x /dev/x; ls -d /x /usr/x", PATIENT);
    expect(written.exitCode).not.toBe(0);
    expect(written.output).not.toMatch(/^\/(usr\/)?x$/m);
  });

  it("takes what is in a file for what it is: scripts may name /work and mounts", async ({ skip }) => {
    if ((await backend.probe()).isolation !== "namespace") skip("no namespaces on this machine");
    const data = mkdtempSync(join(root, "data"));
    writeFileSync(join(data, "x"), "7");
    chmodSync(data, 0o755);
    await using sandbox = await backend.create(
      spec({ mounts: [{ hostPath: data, path: "/data/set" }] }),
      never,
    );
    const script =
      "cat > a.py <<'E'\nopen('/work/out', 'w').write(open('/data/set/x').read())\nE\npython3 a.py; cat out a.py";
    const { output } = await sandbox.shell("script", script, PATIENT);
    expect(output).toBe("7open('/work/out', 'w').write(open('/data/set/x').read())\n");
  });

  it("makes the same snapshot of the same state with and without namespaces", async () => {
    const hashes: string[] = [];
    for (const namespaces of [true, false]) {
      const other = processBackend({ ...shared, blobs: memoryBlobs(), namespaces });
      await using sandbox = await other.create(spec(), never);
      await sandbox.shell("lay", "mkdir -p a/b && cd a && echo x > b/c && export WHERE=/work/a", PATIENT);
      hashes.push(await sandbox.snapshot());
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it("sweeps the folders of processes that are gone, and no others", async () => {
    await backend.probe();
    const place = mkdtempSync(join(tmpdir(), "sweep"));
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const start = readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ").pop()?.split(" ")[19];
    const owners = {
      "ns-dead": `${boot}:999999999:1`,
      "ns-old": `another-boot:1:1`,
      "ns-mine": `${boot}:${process.pid}:${start}`,
    };
    for (const [folder, owner] of Object.entries(owners)) {
      mkdirSync(join(place, folder));
      writeFileSync(join(place, folder, "owner"), owner);
    }
    mkdirSync(join(place, "ns-young"));
    mkdirSync(join(place, "other"));
    const sweeper = processBackend({ ...shared, root: place, blobs: memoryBlobs() });
    expect(await sweeper.sweep({})).toBe(2);
    expect(
      ["ns-dead", "ns-old", "ns-mine", "ns-young", "other"].map((name) => existsSync(join(place, name))),
    ).toEqual([false, false, true, true, true]);
    rmSync(place, { recursive: true });
  });

  it("names a Python that cannot be used, and what to do", async () => {
    const wrong = processBackend({ ...shared, python: "/no/such/python", blobs: memoryBlobs() });
    await expect(wrong.probe()).rejects.toBeInstanceOf(UserError);
    await expect(wrong.probe()).rejects.toThrow(/python3 >= 3\.8.*\/no\/such\/python/);
  });
});
