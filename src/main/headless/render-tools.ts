import type { Output } from '#shared/contract/contract.ts';
import type { Tool, ToolPlan } from '#shared/domain/tool.ts';
import { overrideSentence } from '#shared/domain/tool-problems.ts';
import { plainText, table } from './output.ts';
import { time } from './render.ts';

const setups: Readonly<Record<Tool['setup'], string>> = {
  files: 'tools connect',
  environment: 'run',
  guide: 'by hand',
  'hosted-only': 'not through this machine',
};

export function renderTools(tools: readonly Tool[], withUnfound: boolean): string {
  const shown = tools.filter(({ foundAt, connection }) => withUnfound || foundAt !== null || connection !== null);
  if (shown.length === 0)
    return 'None of the known tools was found on this machine. `corvusllm tools ls --all` lists them.';
  return table(
    ['TOOL', 'NAME', 'SET UP WITH', 'STATE', 'MODEL', 'LAST REQUEST', 'FOUND AT'],
    shown.map((tool) => [
      tool.id,
      tool.name,
      setups[tool.setup],
      tool.connection ? 'connected' : 'not connected',
      tool.connection?.model ?? '-',
      tool.connection ? lastRequest(tool.connection) : '-',
      tool.foundAt ?? '-',
    ]),
  );
}

function lastRequest({ lastRequestAtMs }: NonNullable<Tool['connection']>): string {
  return lastRequestAtMs === null ? 'none yet' : time(lastRequestAtMs);
}

export function renderTool({ name, connection, whenStopped }: Tool): string {
  if (!connection) return `${name} is not connected.`;
  const lines = [
    `${name} is connected, with the model ${connection.model}. Last request: ${lastRequest(connection)}.`,
    ...connection.files.map(({ path }) => `  ${path}`),
    `When Corvus does not run: ${whenStopped}`,
  ];
  return lines.map(plainText).join('\n');
}

const marks = { same: ' ', added: '+', removed: '-', gap: '…' } as const;

export function renderPlan({ files, overrides, model }: ToolPlan): string {
  const parts = files.map(({ path, isNew, linksTo, diff }) =>
    [
      `${path}${isNew ? ' (new)' : ''}${linksTo === null ? '' : ` (a symbolic link to ${linksTo}, which is changed)`}`,
      ...diff.map(({ kind, text }) => `${marks[kind]} ${text}`),
    ]
      .map(plainText)
      .join('\n'),
  );
  const warnings = overrides.map((override) => plainText(`! ${overrideSentence(override)}`));
  return [...parts, [`Model: ${model}. Keys are not shown.`, ...warnings].map(plainText).join('\n')].join('\n\n');
}

const outcomes = {
  restored: 'is as it was before',
  merged: 'keeps what others changed; our settings are gone',
  deleted: 'was made for Corvus and is deleted',
  left: 'was gone already',
} as const;

export function renderUndone({ name, files }: Output<'tools.undo'>): string {
  return [
    `${name} is no longer connected, and its key is revoked.`,
    ...files.map(({ path, outcome }) => `  ${path} ${outcomes[outcome]}`),
  ]
    .map(plainText)
    .join('\n');
}

export function renderRestored({ undone, failed }: Output<'tools.restore'>): string {
  if (undone.length + failed.length === 0) return 'No tool is connected.';
  return [
    ...undone.map(renderUndone),
    ...failed.map(({ name, message }) => plainText(`${name} is still connected: ${message}`)),
  ].join('\n');
}
