import { existsSync } from 'node:fs';
import process from 'node:process';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * A browser of this machine for the end-to-end tests: CORVUSLLM_CHROMIUM, else where systems put one. Null leaves it to Playwright's own.
 * @param {Record<string, string | undefined>} [environment]
 * @param {(path: string) => boolean} [exists]
 */
export function findChromium(environment = process.env, exists = existsSync) {
  const named = environment['CORVUSLLM_CHROMIUM'];
  if (named) return named;
  return usualPlaces.find((path) => exists(path)) ?? null;
}
