import { posix } from 'node:path';

/** Everything in the repository that a document can name. */
export interface Repository {
  /** Files and folders, from its root. */
  paths: ReadonlySet<string>;
  /** Of each document, the anchors of its headings. */
  anchors: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Folders as documents abbreviate them, and where they are. */
const abbreviated: readonly (readonly [name: string, folder: string])[] = [
  ['src/', 'src/'],
  ['test/', 'test/'],
  ['docs/', 'docs/'],
  ['scripts/', 'scripts/'],
  ['resources/', 'resources/'],
  ['bin/', 'bin/'],
  ['shared/', 'src/shared/'],
  ['proxy/', 'src/proxy/'],
  ['core/', 'src/main/core/'],
  ['host/', 'src/main/host/'],
  ['main/', 'src/main/'],
  ['renderer/', 'src/renderer/'],
  ['backend/', 'src/backend/'],
];

/** Files that an example asks the reader to make. */
const examples: ReadonlySet<string> = new Set(['model-pages.ts', 'proof.mjs']);

/**
 * What a document names and what does not exist: links with their anchors, paths and names of source files, as
 * sentences.
 */
export function missingFrom(document: string, text: string, repository: Repository): string[] {
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '');
  const missing = new Set([...linksOf(prose, document, repository), ...namesOf(prose, repository)]);
  return [...missing].map((name) => `${document} names ${name}, which does not exist`);
}

function linksOf(prose: string, document: string, { paths, anchors }: Repository): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target =
      file === '' ? document : posix.normalize(posix.join(posix.dirname(document), file)).replace(/\/$/, '');
    if (!paths.has(target)) return [link];
    return anchor === undefined || anchors.get(target)?.has(anchor) === true ? [] : [link];
  });
}

function namesOf(prose: string, { paths }: Repository): string[] {
  const names = [...prose.matchAll(/`([^`\s]+)`|\b(docs\/[\w./-]+\.md)\b/g)].map(
    ([, code, page]) => code ?? page ?? '',
  );
  const baseNames = new Set([...paths].map((path) => posix.basename(path)));
  return names.filter((name) => {
    if (/[…*<>{}$:?]/.test(name) || examples.has(name)) return false;
    if (/^[\w.-]+\.(ts|tsx|mjs)$/.test(name)) return !baseNames.has(name);
    const place = abbreviated.find(([start]) => name.startsWith(start));
    return place !== undefined && !paths.has(`${place[1]}${name.slice(place[0].length)}`.replace(/\/$/, ''));
  });
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(text: string): Set<string> {
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '');
  return new Set([...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
