import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** The folder of this installation's package.json: the same from source, from a build and from a package. */
export interface Installation {
  folder: string;
  version: string;
  rendererFolder: string;
}

const packageSchema = z.object({ version: z.string() });

export function findInstallation(startFolder: string): Installation {
  let folder = startFolder;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  const { version } = packageSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return { folder, version, rendererFolder: join(folder, 'out', 'renderer') };
}
