import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filePlaces } from '#core/tools/tool-files.ts';
import { recipes } from '#core/tools/recipe.ts';
import { documentFormats, type FormatName } from '#core/tools/documents/document.ts';
import { endpointPaths, type UpstreamDialect } from '#shared/domain/dialect.ts';
import { toolIdSchema } from '#shared/domain/tool.ts';
import { userSpaceHere } from '../../../src/main/host/user-space.ts';
import { startServices } from '../../support/services-fixture.ts';
import { type RunningCore, startCore } from '../gateway/start-core.ts';

/** What a person may have in such a file already. */
const starts: Readonly<Record<FormatName, string>> = {
  json: '{\n  // mine\n  "theme": "dark", // why\n  "env": { "MINE": "1" }\n}\n',
  yaml: '# mine\ntheme: dark   # why\nkeys:\n    - one\n',
  toml: '# mine\ntheme = "dark"   # why\n\n[mine]\na = 1\n',
  env: '# mine\nexport MINE="1"   # why\n',
};
const lists: Readonly<Partial<Record<FormatName, string>>> = {
  json: '[\n  { "name": "mine" } // why\n]\n',
  yaml: '- model_id: mine   # why\n',
};
const codex = toolIdSchema.parse('codex');
const claudeCode = toolIdSchema.parse('claude-code');

const model = 'glm-4.6';

/** The services with a home folder of their own. */
async function startTools() {
  const services = await startServices();
  return {
    ...services,
    home: dirname(services.opened.databasePath),
    [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
  };
}

async function connect(core: Pick<RunningCore, 'handlers'>, id: typeof codex, wanted = model) {
  const plan = await core.handlers['tools.plan']({ id, model: wanted, terminal: [] });
  return core.handlers['tools.connect']({ id, model: wanted, seen: plan.seen });
}

async function stateOf(core: Pick<RunningCore, 'handlers'>, id: typeof codex) {
  return (await core.handlers['tools.list']({ terminal: [] })).find((tool) => tool.id === id);
}

async function use(core: RunningCore, key: string, { dialect, model }: { dialect: UpstreamDialect; model: string }) {
  const prefix = dialect === 'anthropic-messages' ? '/anthropic' : '';
  const messages = [{ role: 'user', content: 'Hello' }];
  const body = {
    'openai-chat': { model, messages, max_tokens: 20 },
    'openai-responses': { model, input: 'Hello' },
    'anthropic-messages': { model, messages, max_tokens: 20 },
    gemini: { contents: [{ parts: [{ text: 'Hello' }] }] },
  }[dialect];
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
  };
  const response = await fetch(core.url + prefix + endpointPaths[dialect].replace('{model}', model), {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status, await response.text()).toBe(200);
}

test(
  'every recipe: connect, use, foreign edit, undo leave its files as they were but for what others changed',
  { timeout: 120_000 },
  async () => {
    const core = await startCore();
    const space = userSpaceHere(core.home, {});
    for (const recipe of recipes()) {
      if (recipe.setup.kind !== 'files') continue;
      const files = recipe.setup.files.map((file) => {
        const isList = typeof file.members[0]?.path[0] === 'object';
        const start = (isList ? lists[file.format] : undefined) ?? starts[file.format];
        return {
          path: filePlaces(file, space)[0],
          start,
          note: file.format === 'json' ? '// theirs\n' : '# theirs\n',
          format: file.format,
        };
      });
      for (const { path, start } of files) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, start, { mode: 0o640 });
      }
      const tool = await connect(core, recipe.id);
      const texts = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
      expect(
        tool.connection?.files.map(({ state }) => state),
        recipe.id,
      ).toEqual(files.map(() => 'in-place'));
      expect(tool.connection?.lastRequestAtMs).toBeNull();
      const key = /sk-local-[\w-]+/.exec(texts.join('\n'))?.[0] ?? '';
      expect(texts.join('\n'), recipe.id).toContain(core.url);
      await use(core, key, { dialect: recipe.dialect, model });
      expect((await stateOf(core, recipe.id))?.connection?.lastRequestAtMs).not.toBeNull();
      // The key is the same; what it was used for before proves nothing about what is written now.
      expect((await connect(core, recipe.id)).connection?.lastRequestAtMs).toBeNull();

      for (const [index, { path, note }] of files.entries()) await writeFile(path, `${note}${texts[index]}`);
      expect((await stateOf(core, recipe.id))?.connection?.files[0]?.state, recipe.id).toBe('edited');
      const { files: undone } = await core.handlers['tools.undo']({ id: recipe.id });
      expect(undone.map(({ outcome }) => outcome)).toEqual(files.map(() => 'merged'));
      for (const { path, start, note } of files) {
        expect(await readFile(path, 'utf8'), recipe.id).toBe(note + start);
        expect((await stat(path)).mode & 0o777).toBe(0o640);
      }
      expect((await stateOf(core, recipe.id))?.connection).toBeNull();
      const revoked = await fetch(`${core.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      expect(revoked.status).toBe(401);
    }
  },
);

describe('a tool is connected', () => {
  test('in files and folders that did not exist, which go again', async () => {
    await using core = await startTools();
    const path = join(core.home, '.codex', 'config.toml');
    await connect(core, codex);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(documentFormats.toml.parse(await readFile(path, 'utf8'))).toMatchObject({ model_provider: 'corvus' });
    await core.handlers['tools.undo']({ id: codex });
    await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
  });

  test('again, with the same key and another model; the first state is what an undo restores', async () => {
    await using core = await startTools();
    const path = join(core.home, '.claude', 'settings.json');
    await mkdir(dirname(path));
    await writeFile(path, '{"model": "opus"}');
    const first = await connect(core, claudeCode);
    const second = await connect(core, claudeCode, 'claude-haiku-4-5');
    expect(second.connection?.keyId).toBe(first.connection?.keyId);
    const keys = await core.handlers['keys.list'](undefined);
    expect(keys.find(({ id }) => id === first.connection?.keyId)?.revokedAtMs).toBeNull();
    expect(await readFile(path, 'utf8')).toContain('claude-haiku-4-5');
    const restored = await core.handlers['tools.restore'](undefined);
    expect(restored).toMatchObject({ undone: [{ id: 'claude-code', files: [{ outcome: 'restored' }] }], failed: [] });
    expect(await readFile(path, 'utf8')).toBe('{"model": "opus"}');
  });

  test('again with nothing changed: no difference is shown', async () => {
    await using core = await startTools();
    await connect(core, codex);
    const plan = await core.handlers['tools.plan']({ id: codex, model, terminal: [] });
    const kinds = plan.files.flatMap(({ diff }) => diff.map(({ kind }) => kind));
    expect(kinds.filter((kind) => kind === 'added' || kind === 'removed')).toEqual([]);
    await core.handlers['tools.connect']({ id: codex, model, seen: plan.seen });
  });

  test('again after its key was revoked, with a new one', async () => {
    await using core = await startTools();
    const { connection: first } = await connect(core, codex);
    if (!first) throw new Error('it is not connected');
    await core.handlers['keys.revoke']({ id: first.keyId });
    const { connection: second } = await connect(core, codex);
    expect(second?.keyId).not.toBe(first.keyId);
    expect(second?.isKeyRefused).toBe(false);
  });

  test('again after the tool reads another file: ours are taken out of the one before, and are where it reads', async () => {
    await using core = await startTools();
    const opencode = toolIdSchema.parse('opencode');
    const [first, second] = ['opencode.jsonc', 'opencode.json'].map((name) =>
      join(core.home, '.config', 'opencode', name),
    ) as [string, string];
    await mkdir(dirname(first), { recursive: true });
    await writeFile(first, '{ "theme": "dark" } // mine\n');
    await connect(core, opencode);
    await writeFile(second, '{ "theirs": true }\n');
    const plan = await core.handlers['tools.plan']({ id: opencode, model, terminal: [] });
    expect(plan.files.map(({ path, isNew }) => [path, isNew])).toEqual([
      [second, false],
      [first, false],
    ]);
    await connect(core, opencode);
    expect(await readFile(first, 'utf8')).toBe('{ "theme": "dark" } // mine\n');
    expect(await readFile(second, 'utf8')).toContain('sk-local-');
    await core.handlers['tools.undo']({ id: opencode });
    expect(await readFile(second, 'utf8')).toBe('{ "theirs": true }\n');
  });

  test('through a symbolic link, which is said and stays one', async () => {
    await using core = await startTools();
    const [path, target] = [join(core.home, '.claude', 'settings.json'), join(core.home, 'dotfiles.json')];
    await mkdir(dirname(path));
    await writeFile(target, '{}\n');
    await symlink(target, path);
    const plan = await core.handlers['tools.plan']({ id: claudeCode, model, terminal: [] });
    expect(plan.files).toMatchObject([{ linksTo: target }]);
    await connect(core, claudeCode);
    expect(await readFile(target, 'utf8')).toContain('ANTHROPIC_BASE_URL');
    await core.handlers['tools.undo']({ id: claudeCode });
    expect(await readFile(target, 'utf8')).toBe('{}\n');
  });
});

describe('a tool is not connected', () => {
  test.each([
    ['a file that cannot be parsed', '{"a": ', 0o600, /is not valid JSON/],
    ['a read-only file', '{}', 0o400, /is read-only/],
  ])('with %s, which stays as it is', async (_name, text, mode, message) => {
    await using core = await startTools();
    const path = join(core.home, '.claude', 'settings.json');
    await mkdir(dirname(path));
    await writeFile(path, text);
    await chmod(path, mode);
    await expect(core.handlers['tools.plan']({ id: claudeCode, model, terminal: [] })).rejects.toThrow(message);
    expect(await readFile(path, 'utf8')).toBe(text);
    expect((await core.handlers['keys.list'](undefined)).map(({ label }) => label)).not.toContain('Claude Code');
  });

  test('when its file changed after the changes were shown', async () => {
    await using core = await startTools();
    const plan = await core.handlers['tools.plan']({ id: codex, model, terminal: [] });
    await mkdir(join(core.home, '.codex'));
    await writeFile(join(core.home, '.codex', 'config.toml'), 'a = 1\n');
    await expect(core.handlers['tools.connect']({ id: codex, model, seen: plan.seen })).rejects.toThrow(
      /Look at them again/,
    );
  });
});

test('the plan shows what changes, with keys masked, and the variables that would win', async () => {
  await using core = await startTools();
  await mkdir(join(core.home, '.claude'));
  await writeFile(
    join(core.home, '.claude', 'settings.json'),
    '{\n  "env": {\n    "ANTHROPIC_AUTH_TOKEN": "sk-ant-their-own-key"\n  }\n}\n',
  );
  await writeFile(join(core.home, '.zshrc'), 'alias x=y\nexport ANTHROPIC_API_KEY=sk-ant-secret\n');
  const plan = await core.handlers['tools.plan']({ id: claudeCode, model, terminal: ['CLAUDE_CODE_USE_BEDROCK'] });
  const [file] = plan.files;
  expect(file?.diff.filter(({ kind }) => kind === 'removed').map(({ text }) => text)).toEqual([
    '    "ANTHROPIC_AUTH_TOKEN": "[redacted]"',
  ]);
  expect(JSON.stringify(plan)).not.toContain('their-own-key');
  expect(plan.overrides).toEqual([
    { variable: 'ANTHROPIC_API_KEY', where: join(core.home, '.zshrc') },
    { variable: 'CLAUDE_CODE_USE_BEDROCK', where: 'this terminal' },
  ]);
});
