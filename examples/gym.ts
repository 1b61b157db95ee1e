// One agent of your own in the Gym: it looks, improves the starter by guessing, and hands in the best guess. `node gym.ts [SEED]`
import { Gym } from "nightshift";

const seed = Number(process.argv[2] ?? 0);
await using gym = await Gym.open({ task: "dilemma-games/0", sandbox: { backend: "process" } });

const [first, { policySeed }] = await gym.reset({ seed });
console.log(first.text);

/** Repeatable draws from the episode's seed. */
let state = policySeed;
const draw = () => {
  state = (state * 48_271 + 11) % 2_147_483_647;
  return state / 2_147_483_647;
};

let best = { score: Number.NEGATIVE_INFINITY, program: "" };
for (let guess = 0; guess < 3; guess++) {
  const chance = draw().toFixed(2);
  const program = `import random\ndef row_strategy(history):\n    return int(random.random() < ${chance})`;
  await gym.step(`cat > strategy.py <<'END'\n${program}\nEND`);
  const [, reward, , truncated, info] = await gym.step("validate");
  const score = info.validation?.score ?? Number.NEGATIVE_INFINITY;
  console.log(`playing 1 with chance ${chance}: score ${score}, reward ${reward}`);
  if (score > best.score) best = { score, program };
  if (truncated) break;
}
await gym.step(`cat > strategy.py <<'END'\n${best.program}\nEND`);
await gym.step("submit");

const { score, rewards, success } = await gym.evaluate();
console.log(score.kind, rewards["anchored@1"], success);
