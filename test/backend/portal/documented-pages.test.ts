import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { portalSide } from '#backend/portal/portal-page.ts';

test("docs/dashboard.md has a row for every place of the customer's navigation", () => {
  const document = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'dashboard.md'), 'utf8');
  expect(portalSide.places.map(([, name]) => name).filter((name) => !document.includes(`\n| ${name} |`))).toEqual([]);
});
