import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorBody, errorHeaders } from '#shared/dialects/error-body.ts';
import { CorvusError, type ErrorCode, errorCatalogue, isErrorCode } from '#shared/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (yes|no) \| (.+?) \| (.+?) \|$/gm)];
const codes = Object.keys(errorCatalogue).filter(isErrorCode);

test('docs/errors.md explains every code, and none that does not exist', () => {
  expect(rows.map(([, code]) => code).toSorted()).toEqual(codes.toSorted());
});

test("it states each code's status and whether a retry can help as the catalogue has them", () => {
  const stated = rows.map(([, code, status, retryable]) => [code, Number(status), retryable === 'yes']).toSorted();
  expect(stated).toEqual(
    codes.map((code) => [code, errorCatalogue[code].status, errorCatalogue[code].retryable]).toSorted(),
  );
});

describe.each(codes)('%s', (code: ErrorCode) => {
  const error = new CorvusError(code);

  test('is a sentence, and an envelope in both families', () => {
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(errorBody('openai', error, 'req_1')).toEqual({
      error: { message: error.message, type: errorCatalogue[code].openaiType, param: null, code, request_id: 'req_1' },
    });
    expect(errorBody('anthropic', error, 'req_1')).toMatchObject({
      type: 'error',
      error: { type: errorCatalogue[code].anthropicType, details: { error_code: code } },
      request_id: 'req_1',
    });
  });

  test('x-should-retry is true exactly for errors that a retry can fix', () => {
    expect(errorHeaders(error, 'req_1')).toMatchObject({
      'x-should-retry': String(errorCatalogue[code].retryable),
      'x-request-id': 'req_1',
    });
  });
});
