// A family for people: what its instances have in common, what differs, and how they are named.
import type { World } from "../compose/world.ts";
import type { Family } from "../tasks/families/loadFamily.ts";
import { textTable } from "./table.ts";

/** Prints a family; none of its instances is generated for that. */
export function showFamily(world: Pick<World, "say">, { id, file, hash, data }: Family): void {
  world.say(`${file.title} (family ${id}, ${file.use}, ${file.licence}, version ${file.version})`);
  world.say(`generator ${hash}`);
  if (data !== null) world.say(`data ${data.licence}: ${data.description}`);
  world.say(`instances ${id}/0, ${id}/1, …; in a pipeline also ${id}/0..15\n`);
  const rows = Object.entries(file.parameters).map(([name, parameter]) => [
    name,
    "choices" in parameter
      ? parameter.choices.map((choice) => JSON.stringify(choice)).join(", ")
      : `${parameter.from} to ${parameter.to}${parameter.integer ? ", whole numbers" : ""}`,
    parameter.meaning,
  ]);
  world.say(textTable(["parameter", "values", "meaning"], rows));
}
