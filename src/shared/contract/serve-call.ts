import { CorvusError, toCorvusError } from '../errors.ts';
import { firstFault, issueWords } from '../issue-words.ts';
import { type CallName, type CallResult, contract, type Handlers } from './contract.ts';
import { callNames } from './names.ts';

const known: ReadonlySet<string> = new Set(callNames);

function isCallName(name: string): name is CallName {
  return known.has(name);
}

/**
 * Runs one call of the app API for any transport: checks the name, parses the input, calls the handler.
 * Never throws: a refusal and a failure come back as a code and a sentence.
 * @param onFailure receives failures that are ours (`internal_error`), with the cause, for the log
 */
export async function serveCall(
  handlers: Handlers,
  name: string,
  input: unknown,
  onFailure: (name: string, cause: unknown) => void,
): Promise<CallResult<CallName>> {
  try {
    if (!isCallName(name)) throw new CorvusError('route_not_found', `There is no call named "${name}".`);
    const parsed = contract[name].input.safeParse(input ?? undefined, { error: issueWords });
    if (!parsed.success) {
      const { field, words } = firstFault(parsed.error);
      throw new CorvusError('bad_request', field ? `${field}: ${words}` : words);
    }
    // The map is keyed by name, so handler and input belong together; TypeScript cannot follow that through a union.
    const handler = handlers[name] as (value: unknown) => Promise<never>;
    return { ok: true, value: await handler(parsed.data) };
  } catch (error) {
    const refusal = toCorvusError(error);
    if (refusal.code === 'internal_error') onFailure(name, refusal.cause ?? refusal);
    return { ok: false, error: { code: refusal.code, message: refusal.message } };
  }
}
