import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const binary = findBinary();
const entry = join(root, 'out', 'main', 'index.js');
const reason = skipReason();
if (reason !== null) console.info(`The shell was not run in real Electron: ${reason}`);

/** CORVUSLLM_ELECTRON, else what Electron's own installer left. */
function findBinary(): string | null {
  const named = process.env['CORVUSLLM_ELECTRON'];
  if (named) return named;
  const folder = join(root, 'node_modules', 'electron');
  const pathFile = join(folder, 'path.txt');
  return existsSync(pathFile) ? join(folder, 'dist', readFileSync(pathFile, 'utf8').trim()) : null;
}

function skipReason(): string | null {
  if (binary === null || !existsSync(binary))
    return 'its binary is not installed (npx install-electron, or name one in CORVUSLLM_ELECTRON).';
  if (!existsSync(entry)) return 'the app is not built (npm run build).';
  const needsDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  return needsDisplay ? 'there is no display.' : null;
}

test.skipIf(reason !== null)(
  'in real Electron: the page is up, isolated, and reaches the core',
  { timeout: 120_000 },
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'corvus-electron-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const app = await _electron.launch({
      ...(binary === null ? {} : { executablePath: binary }),
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
      env: { ...environment(), CORVUSLLM_HOME: join(home, 'corvusllm') },
    });
    onTestFinished(() => app.close());
    const page = await app.firstWindow();
    expect(page.url()).toMatch(/^app:\/\/corvus\//);
    expect(await page.evaluate('[typeof require, typeof process, Object.keys(window.corvus).sort().join()]')).toEqual([
      'undefined',
      'undefined',
      'call,on',
    ]);
    expect(await page.evaluate("window.corvus.call('app.status')")).toMatchObject({
      ok: true,
      value: { mode: 'sandbox' },
    });
    // Neither out of the app nor into it.
    expect(await page.evaluate("fetch('app://corvus/index.html').then(() => 'read', () => 'refused')")).toBe('refused');
    await page.evaluate("void (window.location.href = 'https://corvusllm.com/')");
    await page.evaluate("window.open('https://evil.example/')");
    expect(page.url()).toMatch(/^app:\/\/corvus\//);
    expect(app.windows()).toHaveLength(1);
  },
);

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
