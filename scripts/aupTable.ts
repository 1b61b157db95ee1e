// AUP of the published tables, ours beside the published: the proof that AUP here is MLGym's. A second table shows what the replaced score
// changes. Usage: node scripts/aupTable.ts. Exit 0 when every published value is met to ±0.001.
import { textTable } from "../src/cli/table.ts";
import { shippedPool } from "../src/compose/bench.ts";
import { poolAup } from "../src/report/poolAup.ts";

const TOLERANCE = 0.001;

const pool = await shippedPool();
const published = poolAup(pool, "asPublished");
const corrected = poolAup(pool, "corrected");
let worst = 0;
const rows = pool.methods.map((method, at) => {
  const cells = (["best", "last"] as const).flatMap((variant) => {
    const theirs = pool.publishedAup[variant][at] ?? Number.NaN;
    const ours = published[variant].get(method) ?? Number.NaN;
    worst = Math.max(worst, Math.abs(ours - theirs));
    return [theirs.toFixed(3), ours.toFixed(4), (ours - theirs).toFixed(4)];
  });
  return [method, ...cells];
});
const say = (text: string) => process.stdout.write(`${text}\n`);
say(`pool ${pool.id}: ${pool.source}\n${pool.citation}\n`);
say(`as published, ${pool.tasks.length} tasks, T = ${published.tauMax}`);
say(
  textTable(
    ["method", "best, published", "ours", "difference", "last, published", "ours", "difference"],
    rows,
  ),
);
say(`largest difference ${worst.toFixed(4)}, allowed ${TOLERANCE}\n`);
for (const { task, method, variant, published: was, used, why } of pool.replaced)
  say(`corrected: ${task}, ${method}, ${variant}: ${was} → ${used}. ${why}`);
say(`corrected, T = ${corrected.tauMax}`);
const share = (area: number | undefined) => ((area ?? Number.NaN) / corrected.tauMax).toFixed(3);
say(
  textTable(
    ["method", "best", "best/T", "last", "last/T"],
    pool.methods.map((method) => {
      const [best, last] = [corrected.best.get(method), corrected.last.get(method)];
      return [method, best?.toFixed(4) ?? "–", share(best), last?.toFixed(4) ?? "–", share(last)];
    }),
  ),
);
process.exitCode = worst <= TOLERANCE ? 0 : 1;
