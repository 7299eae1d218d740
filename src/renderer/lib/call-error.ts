import type { CallFailure } from '#shared/contract/contract.ts';

/** A refused or undeliverable call: a code, and a sentence to show. */
export class CallError extends Error {
  readonly code: string;

  constructor({ code, message }: CallFailure) {
    super(message);
    this.name = 'CallError';
    this.code = code;
  }
}

/** The page could not reach the core at all; it may simply have been stopped. */
export const coreUnreachable: CallFailure = {
  code: 'core_unreachable',
  message: 'Can’t reach Corvus. Wait a moment, or restart it.',
};

/** The session of this page is over. */
export const signedOut: CallFailure = {
  code: 'invalid_api_key',
  message: 'This page is not signed in. Run `corvusllm dashboard` for a new link.',
};
