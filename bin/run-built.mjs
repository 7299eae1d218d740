// Runs on whatever Node is installed, so: old syntax, no dependencies. Everything else runs on Node 24.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const neededMajor = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// Inside the installation, not in the shared temporary folder: what lies there is run.
const compileCache = join(root, 'out', 'main', '.compile-cache');

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}

/** The Node that npm installed for this package: linked in .bin, or in the package of this platform wherever npm put it. */
function findNode() {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const platformPackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const candidates = [join(root, 'node_modules', platformPackage, 'bin', executable)];
  try {
    candidates.push(
      join(dirname(createRequire(import.meta.url).resolve(`${platformPackage}/package.json`)), 'bin', executable),
    );
  } catch {
    // Not installed: a platform without such a package, or an install without optional packages.
  }
  if (process.platform !== 'win32') candidates.push(join(root, 'node_modules', '.bin', executable));
  return candidates.find((candidate) => existsSync(candidate));
}

/**
 * @param {string} node
 * @param {string} entry
 */
function runIn(node, entry) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; others send it to this process alone. The child ignores the second one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`Node ${neededMajor} at ${node} does not start: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * Runs a built program with this process's arguments.
 * @param {string} name its file in out/main
 */
export function runBuilt(name) {
  const entry = join(root, 'out', 'main', name);
  if (!existsSync(entry)) {
    fail(`Corvus is not built yet. Run \`npm start\` once in ${root}, or \`npm run build\`.`);
  } else if (Number(process.versions.node.split('.')[0]) >= neededMajor) {
    void import('node:module')
      .then((nodeModule) => nodeModule.enableCompileCache(compileCache))
      .then(() => import(pathToFileURL(entry).href));
  } else {
    const node = findNode();
    if (node) runIn(node, entry);
    else
      fail(
        `Corvus needs Node ${neededMajor} or newer; this is ${process.version}, and none was installed with it. Run \`npm ci\` in ${root}, or install Node ${neededMajor}.`,
      );
  }
}
