import { placeHere } from './place-here.ts';
import type { UserSpace } from './ports.ts';

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

/** Variables that are set in one place. A value that a shell would have to work out is null. */
export interface VariableSource {
  /** A file, or "the environment of Corvus". */
  where: string;
  variables: ReadonlyMap<string, string | null>;
}

/** The variables of this process, then those of the person's shells. */
export async function readShellVariables(
  space: Pick<UserSpace, 'platform' | 'home' | 'environment' | 'read'>,
): Promise<VariableSource[]> {
  const files = await Promise.all(
    profileFiles.map(async (place) => {
      const path = placeHere(place, space);
      const file = await space.read(path).catch(() => null);
      return { where: path, variables: new Map(file === null ? [] : assignments(file.text)) };
    }),
  );
  const own = Object.entries(space.environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return [{ where: 'the environment of Corvus', variables: new Map(own) }, ...files];
}

function assignments(text: string): [string, string | null][] {
  const posixLines = text.matchAll(/^[ \t]*(?:export[ \t]+|declare[ \t]+-x[ \t]+)?([A-Za-z_]\w*)=(.*)$/gm);
  const fishLines = text.matchAll(/^[ \t]*set[ \t]+(?:-[\w-]+[ \t]+)*([A-Za-z_]\w*)[ \t]+(\S.*)$/gm);
  return [...posixLines, ...fishLines].flatMap(([, name, value = '']) =>
    name === undefined ? [] : [[name, literalOf(value)]],
  );
}

/** The value as it stands there; null where the shell would put something else in its place. */
function literalOf(text: string): string | null {
  const quoted = /^'([^']*)'|^"([^"$`\\]*)"|^([^\s'"$`\\;#&|]+)/.exec(text);
  return quoted?.[1] ?? quoted?.[2] ?? quoted?.[3] ?? null;
}
