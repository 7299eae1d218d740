import type { KeyScope } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';

/** Throws `key_may_not_manage` for a key that only buys model calls. */
export function requireManage({ scope }: { scope: KeyScope }): void {
  if (scope !== 'manage') throw new CorvusError('key_may_not_manage');
}
