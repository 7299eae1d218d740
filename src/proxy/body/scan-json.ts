import { CorvusError } from '#shared/errors.ts';
import { createMediaFinder, type Media } from './embedded-media.ts';
import { createJsonWalk, type JsonListener, type JsonWalk, requestLimits } from './json-walk.ts';
import { type MemberNames, memberNames, refuseSpelling, refuseTwice } from './member-names.ts';
import { inTurns, workedOnAtOnceUpToBytes } from '../turns/in-turns.ts';
import type { JsonSpan } from './json-span.ts';

export interface JsonScan {
  /** Index after the brace that opens the object. */
  open: number;
  /** Where the values of the wanted top-level members stand, without surrounding white space. */
  members: ReadonlyMap<string, JsonSpan>;
  media: Media;
}

/** More than any dialect's requests have. */
const maxTopMembers = 1000;
/** In bytes, with quotes and escapes; no dialect has a name half as long. */
const longestTopName = 512;
const longestRefusedName = 64;

/** Members by which some gateways let a caller decide where a credential goes. A caller may never decide that here. */
const refusedMembers = memberNames(['api_base', 'base_url', 'api_key', 'extra_headers']);
/** Messages, tools and response formats: any name is allowed inside them. */
const freeMembers: ReadonlySet<string> = new Set([
  'messages',
  'input',
  'tools',
  'functions',
  'system',
  'prompt',
  'response_format',
  'text',
  'output_config',
  'output_format',
]);

/**
 * Walks over a JSON object's bytes before anything parses it: enforces the limits and finds the few members that Corvus
 * reads. No name may occur twice, and none may be one that another reader takes for a member that is read here. Throws
 * `invalid_json`, `json_too_complex`, `bad_request` or `unknown_parameter` with the member's name.
 */
export function scanJson(body: Buffer, wanted: MemberNames): JsonScan {
  const { walk, scan } = startScan(body, wanted);
  walk.step(Number.POSITIVE_INFINITY);
  return scan;
}

/** The same for a body of any size: a large one yields to other work in between. */
export async function scanJsonInTurns(body: Buffer, wanted: MemberNames): Promise<JsonScan> {
  if (body.length <= workedOnAtOnceUpToBytes) return scanJson(body, wanted);
  const { walk, scan } = startScan(body, wanted);
  await inTurns((work) => walk.step(work));
  return scan;
}

export function startScan(body: Buffer, wanted: MemberNames): { walk: JsonWalk; scan: JsonScan } {
  const members = new Map<string, JsonSpan>();
  const media = createMediaFinder(body);
  const topNames = new Set<string>();
  const scan = { open: 0, members, media: media.found };
  let depth = 0;
  let member = '';
  let isFree = false;
  let memberStart = 0;

  const endMember = (start: number, end: number) => {
    if (wanted.has(member)) members.set(member, { start, end });
  };
  const beginMember = (start: number, end: number) => {
    member = readTopName(body, start, end, wanted);
    if (topNames.has(member)) refuseTwice(member);
    topNames.add(member);
    isFree = freeMembers.has(member);
    if (topNames.size > maxTopMembers) throw new CorvusError('json_too_complex');
  };
  const listener: JsonListener = {
    open(start) {
      if (depth === 0) scan.open = start + 1;
      if (depth === 1) memberStart = start;
      depth += 1;
      media.open();
    },
    close(end) {
      depth -= 1;
      media.close();
      if (depth === 1) endMember(memberStart, end);
    },
    name(start, end) {
      media.name(start, end);
      if (depth === 1) beginMember(start, end);
      else if (!isFree && end - start <= longestRefusedName) refuseCredentialMember(decodeName(body, start, end));
    },
    text(start, end) {
      media.text(start, end);
      if (depth === 1) endMember(start, end);
    },
    scalar(start, end) {
      if (depth === 1) endMember(start, end);
    },
  };
  return { walk: createJsonWalk(body, listener, requestLimits), scan };
}

function readTopName(body: Buffer, start: number, end: number, wanted: MemberNames): string {
  if (end - start > longestTopName) throw new CorvusError('json_too_complex');
  const name = decodeName(body, start, end);
  if (name.includes('\ufffd')) throw new CorvusError('invalid_json', 'The request body is not UTF-8.');
  refuseCredentialMember(name);
  const isPlain = name.length === end - start - 2;
  const meant = wanted.has(name) ? (isPlain ? null : name) : wanted.takenFor(name);
  if (meant !== null) refuseSpelling(meant);
  return name;
}

/** A member's name with its escapes resolved. */
function decodeName(body: Buffer, start: number, end: number): string {
  const text = body.toString('utf8', start, end);
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
}

/** Throws `unknown_parameter` for a member that decides where a credential goes, however it is spelled. */
export function refuseCredentialMember(name: string): void {
  const refused = refusedMembers.has(name) ? name : refusedMembers.takenFor(name);
  if (refused !== null)
    throw new CorvusError('unknown_parameter', `The member "${refused}" is not accepted here.`, { param: refused });
}
