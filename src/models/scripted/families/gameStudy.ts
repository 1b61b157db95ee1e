// What repeated games share: how a search script measures a strategy, and the command that prints single games.
import type { Prng } from "../../../core/prng.ts";
import type { Notebook } from "../notebook.ts";
import { seenText } from "./family.ts";

/** Prints games against the practice opponent, round by round. */
export function gameTrace(draw: Prng): string {
  return `python3 -B - <<'EOF'
import random
from opponent import column_strategy
from strategy import row_strategy
rng = random.Random(${draw.below(1000)})
random.seed(${draw.below(1000)})
for game in range(${130 + draw.below(40)}):
    history = []
    for _ in range(10):
        history.append((row_strategy(list(history)), column_strategy(history, rng)))
    print(game, history)
EOF`;
}

/** Python lines that define `measure()` of a search script: the mean payoff against the practice opponent. */
export function gameMeasureLines(
  notes: Notebook,
  payoffs: readonly (readonly number[])[],
  games: number,
): string {
  const rounds = /\bROUNDS = (\d+)/.exec(seenText(notes))?.[1] ?? "10";
  const module = notes.brief.workFile.replace(/\.py$/, "");
  const table = payoffs.map((row) => `(${row.join(", ")})`).join(", ");
  return `
from opponent import column_strategy

PAYOFF = (${table})
GAMES = ${games}
ROUNDS = ${rounds}


def measure(seed):
    rng = random.Random(seed)
    total = 0
    for _ in range(GAMES):
        history = []
        for _ in range(ROUNDS):
            row = ${module}.row_strategy(history)
            column = column_strategy(history, rng)
            total += PAYOFF[row][column]
            history.append((row, column))
    return total / (GAMES * ROUNDS)

`;
}
