// Policies that choose among arms and learn from what they pay: expectations with a prior, chance, and a bonus for what is little known.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

const ARMS_MAX = 20;
const real = (name: string, min: number, max: number) => ({ name, count: 1, min, max, digits: 3 });

/** The forms for so many arms. */
function formsFor(arms: number): readonly [Form, Form, Form] {
  const first = { name: "FIRST", count: arms, min: 0, max: 1, digits: 3 };
  const means = `
ARMS = ${arms}


def means(history):
    sums = [TRUST * value for value in FIRST]
    counts = [TRUST] * ARMS
    for arm, reward in history:
        sums = [FADE * one for one in sums]
        counts = [FADE * one + 1e-9 for one in counts]
        sums[arm] += reward
        counts[arm] += 1
    return [one / count for one, count in zip(sums, counts)], counts
`.trim();
  const shared = [first, real("TRUST", 0.05, 6), real("FADE", 0.8, 1)];
  return [
    {
      title: "The policy: the best mean so far, with chance in between.",
      idea: "the best mean so far, with chance in between",
      constants: [...shared, real("EXPLORE", 0, 0.6)],
      body: `${means}


def choose(history):
    if random.random() < EXPLORE / (1 + len(history) / 10):
        return random.randrange(ARMS)
    found, _ = means(history)
    return found.index(max(found))
`,
    },
    {
      title: "The policy: the best mean with a bonus for arms that were taken little.",
      idea: "a bonus for arms that were taken little",
      constants: [...shared, real("BONUS", 0, 1.5)],
      body: `${means}


def choose(history):
    found, counts = means(history)
    worth = [mean + BONUS / count ** 0.5 for mean, count in zip(found, counts)]
    return worth.index(max(worth))
`,
    },
    {
      title: "The policy: tries all arms, then keeps to the best.",
      idea: "trying all arms first, then keeping to the best",
      constants: [{ name: "TRIES", count: 1, min: 1, max: 8, digits: 0 }, ...shared],
      body: `${means}


def choose(history):
    if len(history) < TRIES * ARMS:
        return len(history) % ARMS
    found, _ = means(history)
    return found.index(max(found))
`,
    },
  ];
}

/** The family of policies for arms; null where no policy of this signature is asked for. */
export function banditPolicy(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/\bchoose\(history\)/.test(text) || !/\barms?\b/.test(text)) return null;
  const arms = Number(/^ARMS = (\d+)/m.exec(text)?.[1] ?? /\b(\d+) arms\b/.exec(text)?.[1]);
  if (!(arms >= 2 && arms <= ARMS_MAX)) return null;
  const forms = formsFor(arms);
  const [chance, bonus, commit] = forms;
  return formFamily({
    name: "policy for arms",
    forms,
    choose: (skill, draw) =>
      draw.chance(0.15 + 0.6 * skill) ? bonus : draw.chance(0.3 + 0.4 * skill) ? chance : commit,
    guess: (form, skill, draw) =>
      form.constants.flatMap(({ name, count, min, max }) => {
        const level = 0.3 + 0.4 * draw.next();
        return Array.from({ length: count }, () => {
          if (name === "FIRST") return level + 0.15 * draw.normal();
          if (name === "TRUST") return 0.2 + 2 * draw.next();
          if (name === "FADE") return 1 - 0.18 * draw.next() * (1.1 - skill);
          if (name === "TRIES") return 1 + draw.below(skill > 0.5 ? 3 : 8);
          return min + (max - min) * draw.next() ** (1 + 2 * skill);
        });
      }),
    measure: (effort) =>
      /^def episode\(rng\):/m.test(text)
        ? { lines: measureLines(notes, 12 + Math.round(24 * effort)), trials: 10 + Math.round(20 * effort) }
        : null,
    trace: (draw) => `python3 -B - <<'EOF'
import random
from arms import episode
from strategy import choose
rng = random.Random(${draw.below(1000)})
random.seed(${draw.below(1000)})
for number in range(${30 + draw.below(20)}):
    history = []
    for row in episode(rng):
        arm = choose(list(history))
        history.append((arm, row[arm]))
    print(number, history)
EOF`,
  });
}

function measureLines(notes: Notebook, episodes: number): string {
  return `
from arms import episode

EPISODES = ${episodes}


def measure(seed):
    rng = random.Random(seed)
    total, rounds = 0.0, 0
    for _ in range(EPISODES):
        history = []
        for row in episode(rng):
            arm = ${notes.brief.workFile.replace(/\.py$/, "")}.choose(history)
            history.append((arm, row[arm]))
            total += row[arm]
            rounds += 1
    return total / rounds

`;
}
