import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInPlace, takeBackChange, writeMembers } from '#core/tools/change-settings.ts';
import { documentFormats, type FormatName } from '#core/tools/documents/document.ts';
import type { Member } from '#core/tools/recipe.ts';

const member = (path: Member['path'], value: Member['value']): Member => ({ path, value });
const write = (format: FormatName, text: string | null, ...members: Member[]) =>
  writeMembers({ path: 'file', format, members }, text);
const undo = (format: FormatName, before: string | null, written: string, current: string) =>
  takeBackChange({ path: 'file', format, before, written, rewritten: [] }, current);

describe('members are set in place', () => {
  test('JSON keeps comments with the members that they are about', () => {
    const text =
      '{\n  // first\n  "a": 1, // about a\n  "env": { "B": "1" }, // about env\n  "z": [1, 2] // about z\n}\n';
    expect(write('json', text, member(['env', 'A'], 'x'), member(['new', 'deep'], true))).toBe(
      '{\n  // first\n  "a": 1, // about a\n  "env": { "B": "1", "A": "x" }, // about env\n  "z": [1, 2], // about z\n  "new": {\n    "deep": true\n  }\n}\n',
    );
  });
  test('JSON keeps tabs, trailing commas, CRLF and a byte order mark', () => {
    expect(write('json', '\ufeff{\r\n\t"a": 1,\r\n}\r\n', member(['b'], { c: 2 }))).toBe(
      '\ufeff{\r\n\t"a": 1,\r\n\t"b": {\r\n\t\t"c": 2\r\n\t},\r\n}\r\n',
    );
    expect(write('json', '{"a":1}', member(['b'], 2))).toBe('{"a":1, "b": 2}');
    expect(write('json', '{ }', member(['b'], 2))).toBe('{\n  "b": 2\n}');
    expect(write('json', '[\n  {"name": "x"}\n]\n', member([{ item: { name: 'y' } }], { name: 'y' }))).toBe(
      '[\n  {"name": "x"},\n  {\n    "name": "y"\n  }\n]\n',
    );
  });
  test('TOML keeps layout and gets its tables as sections', () => {
    const text = '# mine\nmodel = "a" # why\n\n[projects."/x"]\ntrust = true\n# end';
    expect(
      write(
        'toml',
        text,
        member(['model'], 'b'),
        member(['model_provider'], 'corvus'),
        member(['model_providers', 'corvus'], { name: 'C' }),
      ),
    ).toBe(
      '# mine\nmodel = "b" # why\nmodel_provider = "corvus"\n\n[projects."/x"]\ntrust = true\n# end\n\n[model_providers.corvus]\nname = "C"\n',
    );
  });
  test('YAML keeps quotes, comments and odd indents', () => {
    const text =
      "# top\nname:   'x'  # why\nmodels:\n    - name: one   # first\n      tags: [a,   b]\n\n    # between\nother: >-\n  folded\n  text\n";
    expect(
      write(
        'yaml',
        text,
        member(['name'], 'y'),
        member(['models', { item: { name: 'C' } }], { name: 'C', roles: ['chat'] }),
      ),
    ).toBe(
      '# top\nname:   y  # why\nmodels:\n    - name: one   # first\n      tags: [a,   b]\n    - name: C\n      roles:\n        - chat\n\n    # between\nother: >-\n  folded\n  text\n',
    );
    expect(write('yaml', '# nothing yet\n', member(['a', 'b'], 1))).toBe('# nothing yet\na:\n  b: 1\n');
    expect(write('yaml', '- id: a\n', member([{ item: { id: 'b' } }], { id: 'b' }))).toBe('- id: a\n- id: b\n');
  });
  test('dotenv keeps comments, quotes and export', () => {
    const text = '# keys\nexport A="1" # one\nB=2\n';
    expect(write('env', text, member(['A'], 'x y'), member(['C'], 'http://127.0.0.1:1/v1'))).toBe(
      "# keys\nexport A='x y' # one\nB=2\nC=http://127.0.0.1:1/v1\n",
    );
  });
  test.each([
    ['json', '{"a": 1,,}'],
    ['json', '{"a": }'],
    ['toml', 'a = \n'],
    ['yaml', 'a: [1\nb: }'],
    ['env', 'this is a sentence\n'],
  ] as const)('%s that cannot be parsed is refused', (format, text) => {
    expect(() => write(format, text, member(['a'], 'b'))).toThrow(/is not valid/);
  });
});

describe('a change is taken back in a file that others have edited', () => {
  test('what they added behind our members stays', () => {
    const before = '{\n  "a": 1\n}\n';
    const written = write('json', before, member(['b'], 2));
    const theirs = written.replace('"b": 2', '"b": 2,\n  "c": 3');
    expect(undo('json', before, written, theirs)).toBe('{\n  "a": 1,\n  "c": 3\n}\n');
  });
  test('a value that they changed stays theirs; the others go', () => {
    const before = '{\n  "model": "old"\n}\n';
    const written = write('json', before, member(['model'], 'ours'), member(['env', 'KEY'], 'k'));
    const theirs = written.replace('"ours"', '"theirs"');
    expect(isInPlace({ path: '', format: 'json', before, written, rewritten: [] }, theirs)).toBe(false);
    expect(undo('json', before, written, theirs)).toBe('{\n  "model": "theirs"\n}\n');
  });
  test('a file that was made for us goes, unless others use it too', () => {
    const written = write('toml', null, member(['model'], 'x'));
    expect(undo('toml', null, written, written)).toBeNull();
    expect(undo('toml', null, written, `${written}theirs = 1\n`)).toBe('theirs = 1\n');
  });
  test('what the tool itself writes again is no change of others', () => {
    const before = '{ "mine": 1 }\n';
    const written = write('json', before, member(['key'], 'k'), member(['at'], 'then'));
    const change = { path: '', format: 'json' as const, before, written, rewritten: [['at']] };
    const theirs = written.replace('then', 'now');
    expect(isInPlace(change, theirs)).toBe(true);
    expect(takeBackChange(change, theirs)).toBe(before);
  });
  test('a file that was reformatted is edited by its content', () => {
    const before = '{"a":1,"list":[{"name":"x"}]}';
    const written = write(
      'json',
      before,
      member(['list', { item: { name: 'ours' } }], { name: 'ours' }),
      member(['b'], 2),
    );
    const theirs = JSON.stringify({ ...JSON.parse(written), c: 3 }, null, 4);
    expect(JSON.parse(undo('json', before, written, theirs) ?? '')).toEqual({ a: 1, list: [{ name: 'x' }], c: 3 });
  });
});

const names = fc
  .stringMatching(/^[a-z][a-z_]{0,6}$/)
  .filter((name) => !['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'].includes(name));
const scalar = fc.oneof(
  fc.stringMatching(/^[a-zA-Z][\w ./:-]{0,11}[a-zA-Z]$/),
  fc.integer({ min: 0, max: 99999 }),
  fc.boolean(),
);
const table = fc.dictionary(names, scalar, { maxKeys: 3, noNullPrototype: true });
const content = fc.dictionary(names, fc.oneof(scalar, table, fc.array(scalar, { maxLength: 3 })), {
  minKeys: 1,
  maxKeys: 5,
  noNullPrototype: true,
});
const remark = fc.stringMatching(/^[a-z ]{0,10}$/);
const newline = fc.constantFrom('\n', '\r\n');

/** Random files of one format, with comments and layouts that people use. */
const files: Readonly<Record<FormatName, fc.Arbitrary<string>>> = {
  json: fc
    .tuple(content, fc.constantFrom(2, 4, '\t', 0), fc.boolean(), remark, newline)
    .map(([data, indent, isCommented, text, end]) => {
      const plain = JSON.stringify(data, null, indent);
      const commented =
        isCommented && indent !== 0
          ? plain
              .replace(/,\n/g, `, // ${text}\n`)
              .replace(/\{\n/, `{ // ${text}\n`)
              .replace(/\n\}$/, ` /* ${text} */\n}`)
          : plain;
      return `${commented}\n`.replaceAll('\n', end);
    }),
  yaml: fc.tuple(content, remark, fc.boolean(), newline).map(([data, text, isWide, end]) => {
    const lines = documentFormats.yaml
      .set('', ['base'], data)
      .split('\n')
      .slice(1)
      .map((line) => line.slice(2));
    const open = lines.map((line) => (/^[\w]+: \S+$/.test(line) ? `${line} # ${text}` : line));
    return [`# ${text}`, ...open, ...(isWide ? ['', `# ${text}`, ''] : ['']).slice(1)].join(end);
  }),
  toml: fc.tuple(content, remark, newline).map(([data, text, end]) => {
    const members = Object.entries(data);
    const isTable = ([, value]: [string, unknown]) => typeof value === 'object' && !Array.isArray(value);
    const line = ([name, value]: [string, unknown]) => `${name}  = ${JSON.stringify(value)} # ${text}`;
    const sections = members
      .filter(isTable)
      .flatMap(([name, value]) => ['', `[${name}] # ${text}`, ...Object.entries(value).map(line)]);
    return [`# ${text}`, ...members.filter((entry) => !isTable(entry)).map(line), ...sections, ''].join(end);
  }),
  env: fc
    .tuple(table, remark, newline)
    .map(([data, text, end]) =>
      [
        `# ${text}`,
        ...Object.entries(data).map(
          ([name, value], index) => `${index % 2 ? 'export ' : ''}${name}="${value}" # ${text}`,
        ),
        '',
      ].join(end),
    ),
};

/** Members as recipes have them: at the top, below a table, and in a list. */
function membersOf(format: FormatName, data: unknown): Member[] {
  if (format === 'env')
    return [
      member(['CORVUS_URL'], 'http://127.0.0.1:4477/v1'),
      ...Object.keys(data as object)
        .slice(0, 1)
        .map((name) => member([name], 'ours')),
    ];
  const known = Object.entries(data as object);
  const scalars = known.filter(([, value]) => typeof value !== 'object').slice(0, 1);
  const tables = known.filter(([, value]) => typeof value === 'object' && !Array.isArray(value)).slice(0, 1);
  return [
    member(['corvus_model'], 'glm'),
    member(['corvus_providers', 'corvus'], { name: 'Corvus', url: 'http://127.0.0.1:4477/v1' }),
    member(['corvus_list', { item: { name: 'ours' } }], { name: 'ours' }),
    ...scalars.map(([name]) => member([name], 'ours')),
    ...tables.map(([name]) => member([name, 'corvus_key'], 'ours')),
  ];
}

describe.each(Object.keys(files) as FormatName[])('any %s file', (format) => {
  const document = documentFormats[format];
  const comment = (text: string) => (format === 'json' ? `// ${text}` : `# ${text}`);

  test('holds our members, keeps every other line, and is as before after an undo', () => {
    fc.assert(
      fc.property(files[format], (before) => {
        const data = document.parse(before);
        const members = membersOf(format, data);
        const written = write(format, before, ...members);
        expect(write(format, written, ...members)).toBe(written);
        const untouched = before.split(/\r?\n/).filter((line) => /^\s*(#|\/\/)/.test(line));
        expect(written.split(/\r?\n/)).toEqual(expect.arrayContaining(untouched));
        expect(undo(format, before, written, written)).toBe(before);
        // Others put a line on top, and change nothing else: all but their line is as it was, to the byte.
        const note = `${comment('theirs')}\n`;
        expect(undo(format, before, written, note + written)).toBe(note + before);
        // Others add a member of their own.
        const edited = document.set(written, ['theirs_too'], 'kept');
        const undone = undo(format, before, written, edited) ?? '';
        expect(document.parse(undone)).toEqual({ ...(data as object), theirs_too: 'kept' });
        expect(isInPlace({ path: '', format, before, written, rewritten: [] }, edited)).toBe(true);
        // Undoing twice changes nothing more.
        expect(undo(format, before, written, undone)).toBe(undone);
      }),
      { numRuns: 60 },
    );
  });
});
