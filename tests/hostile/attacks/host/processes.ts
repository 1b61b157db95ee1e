// Attacks by processes: more of them than are allowed, ones that hide, ones that stay.
import { type Attack, python } from "../../kit/attack.ts";

export const attacks: readonly Attack[] = [
  {
    id: "fork-bomb",
    aim: "host",
    row: "sandboxes 5: fork bomb, foreground",
    does: "forks without end until its action is over",
    expects: "the limit on processes holds, and the action is ended with all it started",
    flags: ["host:resource"],
    // A chain of a few hundred thousand forks at most, should nothing stop it.
    actions: () => [
      python(
        "import os\nfor _ in range(18):\n  try: os.fork()\n  except OSError as e: break\nimport time; time.sleep(30)",
      ),
    ],
    actionSeconds: 2,
    harmful: true,
    quick: ["bubblewrap"],
  },
  {
    id: "fork-bomb-behind",
    aim: "host",
    row: "sandboxes 5: fork bomb, background",
    does: "leaves a fork bomb in the background that goes on while the neighbour works, then goes on with commands of its own",
    expects: "the neighbour works on, and the sandbox answers further commands",
    flags: ["host:resource"],
    actions: () => [
      `cat > bomb.py <<'E'
import os, time
end = time.monotonic() + 6
while time.monotonic() < end:
  try:
    if os.fork() == 0: pass
  except OSError:
    time.sleep(0.01)
E
setsid python3 bomb.py >/dev/null 2>&1 & sleep 0.5; echo planted`,
      "/bin/echo still; /bin/echo here",
    ],
    harmful: true,
  },
  {
    id: "daemons",
    aim: "host",
    row: "sandboxes 4: setsid, double fork, ignored signals",
    does: "leaves processes that fork twice, change their session, ignore signals and bear another name, to outlive the rollout",
    expects: "none of them is there when the rollout is over",
    flags: ["host:resource"],
    actions: ({ marker }) => [
      `cp "$(command -v sleep)" ${marker}; setsid ./${marker} 4000 & (setsid ./${marker} 4001 >/dev/null 2>&1 </dev/null &)
bash -c 'trap "" TERM INT HUP QUIT; (setsid nohup ./${marker} 4002 >/dev/null 2>&1 &)' ; ./${marker} 4003 & kill -STOP $!; echo left`,
    ],
  },
];
