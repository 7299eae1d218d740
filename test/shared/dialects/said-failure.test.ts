import { expect, test } from 'vitest';
import { failureIn } from '#shared/dialects/said-failure.ts';

test.each([
  [{ error: { message: 'Overloaded', code: 529 } }, 529],
  [{ error: { message: 'Overloaded', code: '529' } }, 529],
  [{ error: 'Overloaded' }, null],
  [{ choices: [{ delta: {}, error: { message: 'Overloaded', type: 'overloaded_error' } }] }, 503],
  [{ type: 'error', error: { type: 'invalid_request_error', message: 'Overloaded' } }, 400],
  [{ type: 'error', code: 'rate_limit_exceeded', message: 'Overloaded' }, 429],
  [{ object: 'error', message: 'Overloaded', type: 'BadRequestError', code: 400 }, 400],
  [{ type: 'response.failed', response: { error: { code: 'server_error', message: 'Overloaded' } } }, 500],
  [{ error: { status: 'DEADLINE_EXCEEDED', message: 'Overloaded' } }, 504],
  [{ error: { type: 'authentication_error', code: 'invalid_api_key', message: 'Overloaded' } }, 401],
  [{ error: { code: 'invalid_response_format', message: 'Overloaded' } }, 400],
  [{ error: { code: 'invalid_max_output_tokens', message: 'Overloaded' } }, 400],
  // The upstream's own fault.
  [{ error: { code: 'invalid_response', message: 'Overloaded' } }, null],
  [{ error: { code: 'invalid_model_output', message: 'Overloaded' } }, null],
  [{ error: { type: 'InvalidResponseError', message: 'Overloaded' } }, null],
  // No status of an error.
  [{ error: { code: 1302, message: 'Overloaded' } }, null],
  [{ error: { code: 200, message: 'Overloaded' } }, null],
  [{ error: { code: 'constructor', message: 'Overloaded' } }, null],
])('%j is a failure of the status %j', (value, status) =>
  expect(failureIn(value)).toMatchObject({ message: 'Overloaded', status }),
);

test.each([{ choices: [{ delta: {}, finish_reason: 'error' }] }, { status: 'failed' }, { stop_reason: 'error' }])(
  '%j is a failure without words',
  (value) => expect(failureIn(value)).toMatchObject({ message: 'It gave no reason.', status: null }),
);

test.each([{ error: {} }, { error: null }, { error: false }, { error: '' }, { choices: [{ error: null }] }])(
  '%j is none',
  (value) => expect(failureIn(value)).toBeNull(),
);
