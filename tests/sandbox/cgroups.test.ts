// Where cgroups of our own may be made, from what the kernel says; and that only cgroups of ours are ever removed.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseHierarchies, removeCgroups } from "../../src/sandbox/cgroupFiles.ts";
import { cgroupPlans } from "../../src/sandbox/cgroups.ts";

const FIRST_MOUNTS = `30 29 0:26 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
32 29 0:28 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
33 29 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
34 29 0:30 / / rw - ext4 /dev/vda rw`;
const FIRST_OWN = "5:pids:/docker/abc/x\n4:cpu,cpuacct:/\n3:memory:/user/a:b\n1:name=systemd:/\n0::/\n";

const SECOND_MOUNTS = "30 29 0:26 / /sys/fs/cgroup rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate";
const SECOND_OWN = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run.scope\n";

describe("cgroups", () => {
  it("of version 1 lie in this process's own, each controller in its hierarchy", () => {
    const found = parseHierarchies(FIRST_MOUNTS, FIRST_OWN);
    expect(found.map(({ controllers, own }) => [controllers, own])).toEqual([
      [["memory"], "/sys/fs/cgroup/memory/user/a:b"],
      [["cpu", "cpuacct"], "/sys/fs/cgroup/cpu,cpuacct"],
      [["pids"], "/sys/fs/cgroup/pids/x"],
      [["name=systemd"], "/sys/fs/cgroup/systemd"],
    ]);
    expect(cgroupPlans(found, "ns-1").map(({ paths }) => paths)).toEqual([
      [
        "/sys/fs/cgroup/memory/user/a:b/nightshift-ns-1",
        "/sys/fs/cgroup/pids/x/nightshift-ns-1",
        "/sys/fs/cgroup/cpu,cpuacct/nightshift-ns-1",
      ],
    ]);
  });

  it("of version 2 are tried in this process's own, beside it and at the root", () => {
    const [hierarchy] = parseHierarchies(SECOND_MOUNTS, SECOND_OWN);
    if (hierarchy === undefined) throw new Error("nothing found");
    expect(hierarchy).toMatchObject({ version: 2, mountPoint: "/sys/fs/cgroup" });
    const slice = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice";
    const plans = cgroupPlans([{ ...hierarchy, controllers: ["cpu", "memory", "pids"] }], "ns-1");
    expect(plans.flatMap(({ paths }) => paths)).toEqual([
      `${slice}/run.scope/nightshift-ns-1`,
      `${slice}/nightshift-ns-1`,
      "/sys/fs/cgroup/nightshift-ns-1",
    ]);
    expect(cgroupPlans([{ ...hierarchy, controllers: ["cpu"] }], "ns-1")).toEqual([]);
    expect(parseHierarchies("", "")).toEqual([]);
  });

  it("are removed with all below them, where they are ours and nowhere else", async () => {
    const root = mkdtempSync(join(tmpdir(), "cgroups"));
    const ours = join(root, "nightshift-ns-1");
    const others = join(root, "other");
    mkdirSync(join(ours, "0"), { recursive: true });
    mkdirSync(join(others, "0"), { recursive: true });
    await removeCgroups([ours, others, join(ours, "..", "other"), join(root, "absent", "nightshift-x")]);
    expect([existsSync(ours), existsSync(join(others, "0"))]).toEqual([false, true]);
    await removeCgroups([`${root}/nightshift-ns-1/../other`]);
    expect(existsSync(join(others, "0"))).toBe(true);
    rmSync(root, { recursive: true });
  });
});
