import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type DocumentedOperation, document, operations } from '../../../support/operations.ts';

const docs = (name: string): string => fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url));

/** `vitest run <this file> -u` writes both files after a change of the contract. */
test('docs/openapi.json is the document that the service serves', async () => {
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(docs('openapi.json'));
});

test('docs/account-api.md lists every endpoint of it', async () => {
  const page = readFileSync(docs('account-api.md'), 'utf8');
  const markers = /<!-- endpoints:begin -->.*<!-- endpoints:end -->/s;
  expect(page).toMatch(markers);
  const sections = document.tags.map(({ name, description }) => {
    const rows = operations.filter(({ operation }) => operation.tags.includes(name)).map(rowOf);
    return [
      `## ${name}`,
      `${description}\n`,
      '| endpoint | what it is | takes | refuses with |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  const expected = `<!-- endpoints:begin -->\n\n${sections.join('\n\n')}\n\n<!-- endpoints:end -->`;
  await expect(page.replace(markers, () => expected)).toMatchFileSnapshot(docs('account-api.md'));
});

function rowOf({ name, operation }: DocumentedOperation): string {
  const body = operation.requestBody?.content['application/json']?.schema.properties ?? {};
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  const taken = [
    ...query.map((parameter) => `\`?${parameter.name}\`${parameter.required ? '' : ' (optional)'}`),
    ...Object.keys(body).map((member) => `\`${member}\``),
  ];
  const everywhere = new Set([
    'invalid_api_key',
    'ambiguous_credentials',
    'billing_unavailable',
    'internal_error',
    'bad_request',
    'invalid_json',
    'request_too_large',
  ]);
  const refusals = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
  const codes = refusals.flatMap(([, { description }]) =>
    [...description.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code),
  );
  const own = codes.filter((code) => !everywhere.has(code)).map((code) => `\`${code}\``);
  const key = operation.security.length > 0 ? '' : ' No key needed.';
  return `| \`${name}\` | ${operation.summary}${key} | ${taken.join(', ')} | ${own.join(', ')} |`;
}
