import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const bootstrap = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));

/** Tests that start the program start what is built, so a build that is older than its sources would hide a change. */
export function setup(): void {
  execFileSync(process.execPath, [bootstrap, 'build'], { stdio: 'inherit' });
}
