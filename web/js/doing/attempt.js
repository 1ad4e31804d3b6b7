import { explain } from "../explain.js";

/** Runs what a form asked for and tells the form how it went: `settle()` or `settle(words, error)`. */
export async function attempt(settle, work) {
  try {
    settle(await work());
  } catch (error) {
    settle(explain(error), error);
  }
}
