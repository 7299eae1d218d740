import process from 'node:process';

/**
 * One line of progress. Standard output belongs to what is started: `serve --json` promises a single line there.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A failure that a person can act on; printed without a stack. */
export class Advice extends Error {}

/**
 * Runs a script's main function: advice is printed as a sentence, a defect with its stack.
 * @param {() => Promise<number> | number} main resolves to the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(error instanceof Advice ? `error: ${error.message}` : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
