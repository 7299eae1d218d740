import type { Override } from '#shared/domain/tool.ts';
import type { UserSpace } from '../ports.ts';
import { readShellVariables } from '../shell-variables.ts';

/** The variables set on this machine, by where they are set. Values are not kept. */
export interface SetVariables {
  find(names: readonly string[]): Override[];
}

export async function readSetVariables(space: UserSpace, terminal: readonly string[]): Promise<SetVariables> {
  const found = await readShellVariables(space);
  const sources = [
    { where: 'this terminal', names: new Set(terminal) },
    ...found.map(({ where, variables }) => ({ where, names: new Set(variables.keys()) })),
  ];
  return {
    find: (names) =>
      names.flatMap((variable) => {
        const source = sources.find((candidate) => candidate.names.has(variable));
        return source ? [{ variable, where: source.where }] : [];
      }),
  };
}
