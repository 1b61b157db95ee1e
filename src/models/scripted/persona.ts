// Who does the research: character and skill, drawn from the rollout's seed, so that a cell of rollouts holds all sorts.
import { seedOf } from "../../core/hash.ts";
import { type Prng, prng } from "../../core/prng.ts";

/**
 * steady: works to a plan. hasty: looks at little and measures little. quitter: gives up when nothing helps.
 * tinkerer: never hands in. garbler: loses the reply format for good. talker: prints and writes far too much.
 */
export type Role = "steady" | "hasty" | "quitter" | "tinkerer" | "garbler" | "talker";

export interface Persona {
  readonly role: Role;
  /** 0 … 1: how well founded ideas are, and how much effort searches take. */
  readonly skill: number;
  /** Versions it means to try. */
  readonly experiments: number;
  /** Searches it means to run. */
  readonly studies: number;
  /** Chance of a flaw in a written program, and of a slip in a path or line number. */
  readonly carelessness: number;
  /** Chance of losing the format in one reply. */
  readonly garbleRate: number;
  /** Hands in the best version; otherwise the last. */
  readonly keepsBest: boolean;
  /** Chance of validating a version once it is measured. */
  readonly validates: number;
  readonly backsUp: boolean;
  /** Reads and changes files with the editor; otherwise with the shell. */
  readonly editor: boolean;
  /** Whole error output with exit codes; otherwise its last lines only. */
  readonly wholeErrors: boolean;
  /** Steps after which a garbler's replies go wrong. */
  readonly garblesAfter: number;
}

const ROLES: readonly (readonly [role: Role, share: number])[] = [
  ["steady", 0.56],
  ["hasty", 0.13],
  ["quitter", 0.12],
  ["tinkerer", 0.06],
  ["garbler", 0.07],
  ["talker", 0.06],
];

/** The persona of a rollout's seed. */
export function personaOf(seed: number): Persona {
  const draw = drawFor(seed, "persona");
  const role = roleFor(draw.next());
  const calm = role === "steady";
  const skill = role === "quitter" ? 0.25 * draw.next() : draw.next();
  return {
    role,
    skill,
    experiments: role === "hasty" ? 1 + draw.below(2) : 2 + draw.below(calm ? 4 : 3),
    studies: skill > 0.45 && role !== "hasty" ? 1 + (draw.chance(0.3) ? 1 : 0) : 0,
    carelessness: 0.04 + 0.26 * draw.next() * (1.2 - skill),
    garbleRate: draw.chance(0.3) ? 0.08 : 0.01,
    keepsBest: draw.chance(0.25 + 0.75 * skill),
    validates: role === "hasty" ? 0.35 : 0.5 + 0.45 * draw.next(),
    backsUp: draw.chance(0.35),
    editor: draw.chance(0.4),
    wholeErrors: draw.chance(0.5),
    garblesAfter: 7 + draw.below(6),
  };
}

/** A stream of random numbers for one purpose within a rollout. */
export function drawFor(seed: number, purpose: string): Prng {
  return prng(seedOf("scripted researcher", { seed, purpose }));
}

function roleFor(u: number): Role {
  let left = u;
  for (const [role, share] of ROLES) {
    if (left < share) return role;
    left -= share;
  }
  return "steady";
}
