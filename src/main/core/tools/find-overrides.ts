import type { Override } from '#shared/domain/tool.ts';
import type { UserSpace } from '../ports.ts';
import { placeHere } from './places.ts';

/** Where shells and desktops read variables from. */
const profileFiles = [
  '~/.bashrc',
  '~/.bash_profile',
  '~/.profile',
  '~/.zshrc',
  '~/.zshenv',
  '~/.zprofile',
  '~/.config/fish/config.fish',
  '~/.pam_environment',
];

/** The variables set on this machine, by where they are set. Values are not kept. */
export interface SetVariables {
  find(names: readonly string[]): Override[];
}

export async function readSetVariables(space: UserSpace, terminal: readonly string[]): Promise<SetVariables> {
  const files = await Promise.all(
    profileFiles.map(async (place) => {
      const path = placeHere(place, space);
      const file = await space.read(path).catch(() => null);
      return { where: path, names: new Set(file === null ? [] : exportedNames(file.text)) };
    }),
  );
  const sources = [
    { where: 'this terminal', names: new Set(terminal) },
    { where: 'the environment of Corvus', names: new Set(Object.keys(space.environment)) },
    ...files,
  ];
  return {
    find: (names) =>
      names.flatMap((variable) => {
        const source = sources.find((candidate) => candidate.names.has(variable));
        return source ? [{ variable, where: source.where }] : [];
      }),
  };
}

function exportedNames(text: string): string[] {
  const posixNames = text.matchAll(/^[ \t]*(?:export[ \t]+|declare[ \t]+-x[ \t]+)?([A-Za-z_]\w*)=/gm);
  const fishNames = text.matchAll(/^[ \t]*set[ \t]+(?:-{1,2}[\w-]+[ \t]+)*([A-Za-z_]\w*)[ \t]+\S/gm);
  return [...posixNames, ...fishNames].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
