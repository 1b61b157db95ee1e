// The agent's own words: a few ways to say each thing, picked by chance, with what is known filled in.
import type { Prng } from "../../core/prng.ts";

const SENTENCES = {
  look: [
    "First I want to see what is in the working folder.",
    "I start by looking at what I was given.",
    "Before anything else: which files are here?",
  ],
  read: [
    "I read `{file}` before I change anything.",
    "Next is `{file}`: I want to know exactly what it does.",
    "`{file}` decides how the score comes about, so I look at it now.",
    "Let me see `{file}`.",
  ],
  readAgain: [
    "That path was wrong; I take the name from the list of files.",
    "A slip in the name. Once more, with the right one.",
  ],
  readRest: [
    "The window shows a part of `{file}` only; I want all of it.",
    "`{file}` is longer than the window. I print it whole.",
  ],
  baseline: [
    "I have read enough to start. First I reproduce the baseline, so that I know what I compare with.",
    "The starter is clear. I measure it as it is before I touch it.",
    "What does the unchanged starter give on my own data? The task says {baseline}.",
  ],
  idea: [
    "My next idea: {note}. I write it down as a whole file with its numbers at the top, where I can change them.",
    "I try {note}. If it is worse than what I have, I will know after one run.",
    "The structure of the task suggests {note}. I put that in place of the present version.",
    "Something different now: {note}.",
  ],
  refine: [
    "The best so far gives {best}. I stay with its structure and try {note}.",
    "That was not the end of it, I think: {note}, near the version that gave {best}.",
    "Small steps from here: {note}.",
  ],
  openToEdit: [
    "I open `{file}` to change it at the right lines.",
    "For a small change I want the line numbers of `{file}` in front of me.",
  ],
  measure: [
    "Now I measure this version on my own data.",
    "Does it run, and what does it give? The baseline stands at {baseline}.",
    "I run it before I believe in it.",
  ],
  writeAndMeasure: ["I write {note} and run it in the same go.", "Quickly: {note}, then a run."],
  repair: [
    'The run failed: "{error}". That is my own slip; I put it right.',
    'I see: "{error}". A small mistake in the file, easy to correct.',
    'It ends with "{error}", so I fix that line before I go on.',
  ],
  giveUpVersion: [
    'This version fails with "{error}" and I do not see why. I leave it and take another.',
    "I spend no more time on a version that does not run.",
  ],
  studyWrite: [
    "Guessing numbers is slow. I write a small search that changes them at random and keeps what scores better against the readable copy.",
    "The constants can be tuned: a short hill-climbing script on small samples should show the direction.",
    "I let the machine do the trying: `{file}` shakes the numbers and measures each setting on a small sample.",
  ],
  studyRun: ["Now the search itself; a few samples only, so it should be quick.", "I run the search."],
  studyAgain: [
    "The script failed before it said anything of use. I write it anew.",
    "That script had a mistake of mine in it. Once more, with care.",
  ],
  studyUse: [
    "The search helps: I take over {note}.",
    "I put {note} into the work file. On a small sample such a gain may be partly luck, so I will measure it again.",
  ],
  validate: [
    "My own measurement looks right. I ask for a validation of this version.",
    "Time to see whether the judge agrees: validate.",
    "One of the validations is well spent here.",
  ],
  lastValidate: [
    "Before I hand in, one validation of what stands there.",
    "I validate the final version, to be sure that it is valid at all.",
  ],
  backUp: [
    "This is the best so far; I keep a copy before I go on.",
    "I save this version under another name.",
  ],
  restore: [
    "The last attempt was no gain. I go back to the version that gave {best}.",
    "Back to the best version ({best}); the later ones were worse.",
  ],
  remake: [
    "The file is back, but what I would hand in still comes from the other version. I run it again.",
    "One more run, so that what lies there comes from this version.",
  ],
  submit: [
    "I have tried what I meant to try; the version in place gave {current}. I hand it in.",
    "More attempts would mostly chase noise now. Submitting.",
    "This is as far as I get with reasonable effort. I submit.",
    "Done: the work file holds what I want to hand in.",
  ],
  hurry: [
    "My steps are nearly used up. I hand in what stands there.",
    "There is no room for another attempt, so I submit now.",
  ],
  forfeit: [
    "Nothing that I tried beats the baseline, and I have no further idea that I trust. I give up.",
    "I do not see how to improve on this, and handing in something worse makes no sense. I stop here.",
  ],
  forfeitLittle: [
    "The gain is small, I do not trust it, and I have no idea that goes further. I give up.",
    "This is hardly better than the starter and I am out of ideas. I stop here without handing in.",
  ],
  tinker: [
    "There may still be something in it: {note}.",
    "I am not satisfied yet. Once more, {note}.",
    "Perhaps {note}; the picture is not clear to me.",
  ],
  trace: [
    "I want to see everything that happens, case by case, before I decide.",
    "Averages hide too much. I print the single cases and read through them.",
    "Let me print the whole course of it and look for a pattern.",
  ],
  again: [
    "My last reply had the wrong form. Here it is as it should be.",
    "I forgot the form of a reply; the same again, with exactly one block.",
  ],
} as const satisfies { readonly [topic: string]: readonly string[] };

export type Topic = keyof typeof SENTENCES;

/** A sentence on a topic; `{name}` is filled from `facts`, a missing one reads "not known". */
export function say(
  topic: Topic,
  draw: Prng,
  facts: { readonly [name: string]: string | null } = {},
): string {
  const sentences: readonly string[] = SENTENCES[topic];
  return draw.pick(sentences).replaceAll(/\{(\w+)\}/g, (_all, name: string) => facts[name] ?? "not known");
}

const MUSINGS = [
  "Let me think about that again from the start, since it is easy to fool oneself with averages.",
  "On the one hand the numbers move in the right direction; on the other hand the samples are small and the spread is wide.",
  "If I look at a single case, the order of events matters more than I first thought, and that is worth writing down.",
  "A different reading of the same output would be that the first moves decide everything and the rest is noise around it.",
  "I could also imagine that the effect comes from the seed alone; then a second run with another seed would show nothing.",
  "It helps to list what is certain: the rules, the starter's score, the budget of steps. Everything else is a guess so far.",
  "I note down for later that long outputs are cut in the middle, so that the interesting part should stand at the ends.",
  "What would a simple person do here? Probably the obvious thing, and the obvious thing is not always wrong.",
];

/** A long-winded paragraph. */
export function muse(draw: Prng): string {
  return Array.from({ length: 10 + draw.below(8) }, () => draw.pick(MUSINGS)).join(" ");
}
