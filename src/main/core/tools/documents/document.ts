import { CorvusError } from '#shared/errors.ts';
import { type Data, type DataPath, editsBetween, isSame } from './data.ts';
import { envDocument } from './env-document.ts';
import { jsonDocument } from './json-document.ts';
import { tomlDocument } from './toml-document.ts';
import { yamlDocument } from './yaml-document.ts';

/** A format of settings files, edited in place: what is not edited keeps its bytes, comments and order. */
export interface DocumentFormat {
  /** Throws when the text is not of this format. An empty text is an empty document. */
  parse(text: string): Data;
  set(text: string, path: DataPath, value: Data): string;
  /** The member exists. */
  remove(text: string, path: DataPath): string;
}

export const documentFormats = {
  json: jsonDocument,
  yaml: yamlDocument,
  toml: tomlDocument,
  env: envDocument,
} satisfies Record<string, DocumentFormat>;
export type FormatName = keyof typeof documentFormats;

/** The content of a settings file. Throws `tool_file_unreadable` when it cannot be parsed. */
export function parseDocument(format: FormatName, text: string, path: string): Data {
  try {
    return documentFormats[format].parse(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new CorvusError(
      'tool_file_unreadable',
      `${path} is not valid ${formatNames[format]} (${reason.replace(/[.:]$/, '')}), so it was not changed. Correct it, then try again.`,
      {},
      error,
    );
  }
}

/**
 * The text with the content that is wanted, changed at as few places as possible. The result is parsed again before it
 * is returned. Throws `tool_file_unreadable` when this cannot be done without changing anything else.
 */
export function changeDocument(format: FormatName, text: string, wanted: Data, path: string): string {
  const document = documentFormats[format];
  const from = parseDocument(format, text, path);
  let changed = text;
  try {
    for (const edit of editsBetween(from, wanted)) {
      changed =
        edit.value === undefined ? document.remove(changed, edit.path) : document.set(changed, edit.path, edit.value);
    }
    if (isSame(document.parse(changed), wanted)) return changed;
  } catch (error) {
    throw uneditable(path, error);
  }
  throw uneditable(path);
}

const formatNames: Readonly<Record<FormatName, string>> = {
  json: 'JSON',
  yaml: 'YAML',
  toml: 'TOML',
  env: 'dotenv text',
};

function uneditable(path: string, cause?: unknown): CorvusError {
  return new CorvusError(
    'tool_file_unreadable',
    `${path} is written in a way that Corvus cannot edit without touching more than its own settings, so it was not changed. Add the settings by hand.`,
    {},
    cause,
  );
}
