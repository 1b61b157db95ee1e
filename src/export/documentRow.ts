// The row of recipes that write a file a rollout: the file, and what is counted and hashed of it.
import { z } from "zod";
import { float64, orNull, text } from "../dataset/columns.ts";

export const documentRowSchema = z.strictObject({
  trajectory_id: text("The rollout; also the file's name.", { indexed: true }),
  task_id: text("Id of the task."),
  reward: orNull(float64("Reward of the rollout.")),
  extension: text("The file's ending."),
  document: text("The file's content."),
});
