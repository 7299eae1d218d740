import { CorvusError } from '#shared/errors.ts';

/** Questions to the person at the terminal. Each throws `cancelled` when it is left with Ctrl-C. */
export interface Prompts {
  /** Typed without being shown. */
  secret(message: string): Promise<string>;
  confirm(message: string): Promise<boolean>;
}

/** Questions go to standard error: standard output is the result of the command. */
export const terminalPrompts: Prompts = {
  async secret(message) {
    const { password } = await import('@clack/prompts');
    const validate = (text: string | undefined) => (text?.trim() ? undefined : 'Enter a key, or press Ctrl-C.');
    const answer = await password({ message, output: process.stderr, validate });
    if (typeof answer === 'symbol') throw new CorvusError('cancelled');
    return answer.trim();
  },
  async confirm(message) {
    const { confirm } = await import('@clack/prompts');
    const answer = await confirm({ message, initialValue: false, output: process.stderr });
    if (typeof answer === 'symbol') throw new CorvusError('cancelled');
    return answer;
  },
};
