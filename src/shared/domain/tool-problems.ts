import type { Tool, ToolFileState } from './tool.ts';

const fileProblems: Readonly<Record<ToolFileState, string | null>> = {
  'in-place': null,
  edited: null,
  overwritten: 'has other values where Corvus wrote its settings. Connect again, or undo.',
  unreadable: 'can no longer be read. Correct it, then connect again or undo.',
  missing: 'is gone. Connect again, or undo.',
};

/** What keeps a connected tool from reaching the Corvus that runs, as sentences. */
export function toolProblems({ connection, overrides }: Pick<Tool, 'connection' | 'overrides'>): string[] {
  if (!connection) return [];
  const files = connection.files.flatMap(({ path, state }) =>
    fileProblems[state] === null ? [] : [`${path} ${fileProblems[state]}`],
  );
  const address = connection.isElsewhere
    ? [`Its settings name ${connection.gatewayUrl}, where Corvus no longer listens. Connect it again.`]
    : [];
  const key = connection.isKeyRefused
    ? ['Its key was revoked or has expired, so it is refused. Connect it again.']
    : [];
  return [...address, ...files, ...key, ...overrides.map(overrideSentence)];
}

export function overrideSentence({ variable, where }: Tool['overrides'][number]): string {
  return `${variable} is set in ${where} and wins over these settings. Remove it there.`;
}
