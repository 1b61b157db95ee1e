// Many episodes side by side: eight seeds on four Gyms, results in the order of the seeds, failures apart. `node gymPool.ts`
import { GymPool } from "nightshift";

await using pool = await GymPool.open({
  task: "dilemma-games/0",
  size: 4,
  limits: { steps: 6 },
  reward: "improvement@1",
  sandbox: { backend: "process" },
});

const results = await pool.map([0, 1, 2, 3, 4, 5, 6, 7], async (gym, seed) => {
  await gym.reset({ seed });
  // A policy of one decision: how often to play 1.
  const program = `import random\ndef row_strategy(history):\n    return int(random.random() < ${seed / 8})`;
  await gym.step(`cat > strategy.py <<'END'\n${program}\nEND`);
  const [, reward] = await gym.step("validate");
  await gym.step("submit");
  return { reward, ...(await gym.evaluate({ seeds: 1 })).rewards };
});

for (const [seed, result] of results.entries()) {
  console.log(seed, result.status === "fulfilled" ? result.value : `failed: ${result.reason}`);
}
