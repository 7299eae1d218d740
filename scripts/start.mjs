// `npm start`: the app in its window where that is possible, else the same app without one, saying why.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { decideStart, electronMissing } from './decide-start.mjs';
import { requireNode } from './find-node.mjs';
import { runCommand } from './run-command.mjs';
import { runMain, say } from './say.mjs';
import { writeStamp } from './stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const electronFolder = join(root, 'node_modules', 'electron');
const tryStamp = join(root, 'node_modules', '.corvus-electron-try');
const fetchTimeoutMs = 300_000;
const earlyEndMs = 5_000;
const parentWatchMs = 250;

/** Electron's binary, where its own installer put it. */
function findElectron() {
  const pathFile = join(electronFolder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(electronFolder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

/** Downloads Electron's binary once; a failure is remembered, so that the next start does not wait for it again. */
async function fetchElectron() {
  say('Fetching Electron (once) …');
  await runCommand(requireNode(root), [join(electronFolder, 'install.js')], {
    cwd: root,
    timeoutMs: fetchTimeoutMs,
    isQuiet: true,
  });
  const binary = findElectron();
  if (binary === null) writeStamp(tryStamp, 'The download of Electron failed at the time of this file.');
  return binary;
}

/** @param {string[]} parameters */
function decide(parameters) {
  return decideStart({
    parameters,
    environment: process.env,
    platform: process.platform,
    hasElectron: findElectron() !== null,
    lastTryMs: existsSync(tryStamp) ? statSync(tryStamp).mtimeMs : null,
    nowMs: Date.now(),
  });
}

/**
 * @param {string} reason
 * @param {string[]} parameters
 */
async function runHeadless(reason, parameters) {
  say(`Running without a window: ${reason}.`);
  const forwarded = parameters.filter((parameter) => parameter !== '--headless');
  const command = [join(root, 'out', 'main', 'cli.js'), 'serve', ...forwarded];
  return (await runToEnd(requireNode(root), command, process.env)).code;
}

/**
 * @param {string} binary
 * @param {string[]} parameters
 */
async function runWindow(binary, parameters) {
  // Chromium's own sandbox refuses to run as root.
  const own = process.getuid?.() === 0 ? ['--no-sandbox', root] : [root];
  const environment = { ...process.env };
  delete environment['ELECTRON_RUN_AS_NODE'];
  const startedAtMs = Date.now();
  const { code, isSignalled } = await runToEnd(binary, [...own, ...parameters], environment);
  const endedEarly = code !== 0 && !isSignalled && Date.now() - startedAtMs < earlyEndMs;
  return endedEarly
    ? runHeadless(`Electron ended at once with code ${code} (is a system library missing?)`, parameters)
    : code;
}

/**
 * Runs a program in this terminal and passes on what ends this script.
 * @param {string} command
 * @param {string[]} parameters
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number, isSignalled: boolean }>}
 */
function runToEnd(command, parameters, env) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: 'inherit', env });
    let isSignalled = false;
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        isSignalled = true;
        child.kill(signal);
      });
    }
    const watch = watchNpm(() => child.kill('SIGTERM'));
    child.on('exit', () => clearInterval(watch));
    child.on('error', () => resolve({ code: 127, isSignalled }));
    child.on('exit', (code, signal) => resolve({ code: code ?? 1, isSignalled: isSignalled || signal !== null }));
  });
}

/**
 * npm passes a signal to the shell between it and this script, and there it ends: the shell dies and this script is left.
 * @param {() => void} onGone
 */
function watchNpm(onGone) {
  if (process.env['npm_lifecycle_event'] !== 'start') return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, parentWatchMs);
  return watch.unref();
}

await runMain(async () => {
  const parameters = process.argv.slice(2);
  const decision = decide(parameters);
  if (decision.kind === 'headless') return runHeadless(decision.reason, parameters);
  const binary = decision.kind === 'window' ? findElectron() : await fetchElectron();
  return binary === null ? runHeadless(electronMissing, parameters) : runWindow(binary, parameters);
});
