// Brings a checkout to the point where it can run: `bootstrap.mjs install build browser postgres cli-agents`, each step only when it is due.
// The first run is on whatever Node the machine has, so: Node 18's language and no dependencies.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.mjs';
import { requireNode } from './find-node.mjs';
import { findNpm } from './find-npm.mjs';
import { findPostgres } from './find-postgres.mjs';
import { runCommand } from './run-command.mjs';
import { Advice, runMain, say } from './say.mjs';
import { fingerprint, isStamped, writeStamp } from './stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const playwrightTimeoutMs = 300_000;
/** Its packages were old enough when they got into the lock, which CI checks. npm takes twice as long to look that up. */
const fromLock = ['ci', '--min-release-age=0'];
const steps = { install, build, browser, postgres, 'cli-agents': cliAgents, clients, peers };

async function install() {
  const stampPath = join(root, 'node_modules', '.corvus-install');
  const wanted = fingerprint(root, { files: ['package-lock.json', '.npmrc'], facts: [process.platform, process.arch] });
  if (isStamped(stampPath, wanted)) return;
  const npm = findNpm(process.env, process.execPath);
  say('Installing dependencies (once, about a minute) …');
  const startedAtMs = Date.now();
  await npmInstall(npm, root);
  requireNode(root);
  writeStamp(stampPath, wanted);
  say(`Installed in ${secondsSince(startedAtMs)} s.`);
}

/**
 * @param {ReturnType<typeof findNpm>} npm
 * @param {string} folder
 * @param {string[]} command
 */
async function npmInstall(npm, folder, command = fromLock) {
  // No package's install script is run: none is needed, and none is trusted.
  const parameters = [...command, '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const { code, output } = await runCommand(npm.command, [...npm.parameters, ...parameters], {
    cwd: folder,
    isQuiet: true,
    shell: npm.needsShell,
  });
  if (code === 0) return;
  say(output.trim());
  throw new Advice(installAdvice(output));
}

/** The coding agents that the tests drive. */
async function cliAgents() {
  const folder = join(root, 'test', 'cli-agents');
  const stampPath = join(folder, 'node_modules', '.corvus-install');
  const wanted = fingerprint(folder, {
    files: ['package-lock.json', '.npmrc'],
    facts: [process.platform, process.arch],
  });
  if (isStamped(stampPath, wanted)) return;
  say('Installing the coding agents that the tests drive (once, some 800 MB) …');
  await npmInstall(findNpm(process.env, process.execPath), folder);
  writeStamp(stampPath, wanted);
}

/** The coding agents that only `npm run test:clients` drives. Without a lock file: several of them have packages for each platform that not every registry has. */
async function clients() {
  await installUnlocked(join('test', 'clients'), 'the other coding agents from npm (once, some 1.9 GB)');
}

/** The other gateways that only `npm run bench` starts. */
async function peers() {
  await installUnlocked(join('test', 'bench', 'peers'), 'the gateways to measure beside (once, some 40 MB)');
}

/**
 * @param {string} name the folder of a package.json
 * @param {string} what
 */
async function installUnlocked(name, what) {
  const folder = join(root, name);
  const stampPath = join(folder, 'node_modules', '.corvus-install');
  const wanted = fingerprint(folder, { files: ['package.json', '.npmrc'], facts: [process.platform, process.arch] });
  if (isStamped(stampPath, wanted)) return;
  say(`Installing ${what} …`);
  await npmInstall(findNpm(process.env, process.execPath), folder, ['install', '--no-package-lock']);
  writeStamp(stampPath, wanted);
}

/** @param {string} output */
function installAdvice(output) {
  if (/EBUSY|EPERM|EACCES/.test(output)) {
    return 'npm could not replace files in node_modules. Stop what runs from this folder, delete node_modules, and run the same command again.';
  }
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|network/i.test(output)) {
    return 'npm could not reach its registry. Check the network or the proxy settings of npm, and run the same command again.';
  }
  return 'npm could not install the dependencies; what it said is above. Run `npm ci --ignore-scripts` to try it alone.';
}

async function build() {
  const node = requireNode(root);
  const stampPath = join(root, 'out', '.corvus-build');
  const files = ['package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.base.json'];
  const wanted = fingerprint(root, { files, folders: ['src', 'resources'] });
  if (isStamped(stampPath, wanted)) return;
  say('Building …');
  const startedAtMs = Date.now();
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { code, output } = await runCommand(node, [builder, 'build'], { cwd: root, isQuiet: true });
  if (code !== 0) {
    say(output.trim());
    throw new Advice('The build failed; what it said is above.');
  }
  writeStamp(stampPath, wanted);
  say(`Built in ${secondsSince(startedAtMs)} s.`);
}

async function browser() {
  const found = findChromium() ?? (await playwrightChromium());
  if (found !== null) return;
  if (isRootOnDebian()) {
    say('Installing Chromium from Debian for the end-to-end tests (once) …');
    await installDebianPackages(['chromium', 'fonts-liberation']);
  } else await installPlaywrightChromium();
  if ((findChromium() ?? (await playwrightChromium())) === null) {
    throw new Advice(
      'The end-to-end tests need Chromium. Install it (Debian: apt-get install chromium), or name one in CORVUSLLM_CHROMIUM.',
    );
  }
}

async function playwrightChromium() {
  const script = "import { chromium } from 'playwright-core'; process.stdout.write(chromium.executablePath());";
  const { code, output } = await runCommand(requireNode(root), ['--input-type=module', '-e', script], {
    cwd: root,
    isQuiet: true,
  });
  return code === 0 && existsSync(output) ? output : null;
}

/** The database server that the tests of the hosted service start for themselves. */
async function postgres() {
  if (findPostgres() !== null) return;
  if (isRootOnDebian()) {
    say('Installing PostgreSQL from Debian for the tests of the hosted service (once) …');
    await installDebianPackages(['postgresql']);
  }
  if (findPostgres() === null) {
    throw new Advice(
      'The tests of the hosted service need a PostgreSQL server. Install it (Debian: apt-get install postgresql), or name the folder of its programs in CORVUSLLM_POSTGRES_BIN.',
    );
  }
}

function isRootOnDebian() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

/** @param {string[]} names */
async function installDebianPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand('apt-get', ['update', '-qq'], { env, isQuiet: true });
  const { code, output } = await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    env,
    isQuiet: true,
  });
  if (code !== 0) say(output.trim());
}

async function installPlaywrightChromium() {
  say("Installing Playwright's Chromium for the end-to-end tests (once) …");
  const playwright = join(root, 'node_modules', 'playwright-core', 'cli.js');
  await runCommand(requireNode(root), [playwright, 'install', 'chromium'], {
    cwd: root,
    timeoutMs: playwrightTimeoutMs,
  });
}

/** @param {number} startedAtMs */
function secondsSince(startedAtMs) {
  return Math.round((Date.now() - startedAtMs) / 1000);
}

await runMain(async () => {
  for (const name of process.argv.slice(2)) {
    if (!(name in steps))
      throw new Advice(`There is no step "${name}"; the steps are ${Object.keys(steps).join(', ')}.`);
    await steps[/** @type {keyof typeof steps} */ (name)]();
  }
  return 0;
});
