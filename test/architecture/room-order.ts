import { posix } from 'node:path';
import { resolveImport } from './import-rules.ts';
import type { Source } from './read-source.ts';

/**
 * The rooms of an area, from the ground up: a line may import what stands on the lines before it, types included, and
 * nothing that stands beside it or on a later line. So no two rooms can need each other. A room is a folder, or a file
 * that is in none.
 */
const roomOrder: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/shared/': [
    [
      'changing.ts',
      'cut-text.ts',
      'day-text.ts',
      'decode-component.ts',
      'errors.ts',
      'ids.ts',
      'insist-on-certificates.ts',
      'issue-words.ts',
      'money.ts',
      'own-member.ts',
      'ports.ts',
      'redact.ts',
      'remembered.ts',
      'time.ts',
      'upper-first.ts',
    ],
    ['money-schemas.ts'],
    ['domain', 'random-pool.ts', 'when-aborted.ts'],
    ['metering'],
    ['account', 'dialects'],
    ['contract', 'translate'],
    ['export'],
  ],
  'src/proxy/': [
    ['log-file.ts', 'start-thread.ts', 'turns'],
    ['http1'],
    ['network'],
    ['body'],
    ['call.ts'],
    ['request'],
    ['reply'],
    ['upstream'],
    ['relay'],
    ['listen', 'run-call.ts', 'collect-call.ts'],
    ['modes'],
    ['handle-call.ts'],
  ],
  'src/main/core/': [
    ['ports.ts', 'emit.ts'],
    ['core.ts', 'serial-queue.ts', 'throttle.ts', 'calendar.ts', 'place-here.ts'],
    ['shell-variables.ts'],
    ['store', 'routing'],
    ['network'],
    ['keys', 'providers', 'requests'],
    ['account', 'envelopes', 'models', 'parking', 'repeats', 'usage'],
    ['estimates', 'tools'],
    ['app'],
    ['gateway', 'doctor', 'gateway-port.ts'],
    ['handlers.ts'],
    ['assemble-core.ts'],
    ['create-core.ts'],
  ],
  'src/backend/': [
    ['runtime'],
    ['ledger'],
    ['database'],
    ['telemetry'],
    // Who calls and what they may; rows that several features share.
    ['auth'],
    ['store'],
    // What features are served with.
    ['http'],
    ['portal', 'operator'],
    // The features.
    ['accounts'],
    ['limits', 'pricing'],
    ['keys'],
    ['members'],
    ['upstreams', 'documents'],
    ['models', 'billing'],
    ['usage', 'stripe'],
    ['balance', 'customers'],
    ['compatibility', 'inference'],
    ['verify'],
    ['operations', 'move'],
    // What puts them together.
    ['server', 'settings.ts'],
    ['config.ts', 'backend-options.ts'],
    ['create-backend.ts'],
    ['main.ts'],
  ],
};

const areas = Object.keys(roomOrder);

/** The place of a file's room in its area's order; null when the file is in no such area. */
function placeOf(path: string): { area: string; room: string; floor: number } | null {
  const area = areas.find((folder) => path.startsWith(folder));
  if (area === undefined) return null;
  const room = path.slice(area.length).split('/')[0] ?? '';
  return { area, room, floor: (roomOrder[area] ?? []).findIndex((rooms) => rooms.includes(room)) };
}

/**
 * Imports of a file that run up or sideways, types included, as sentences; or that its room has no place in the order.
 */
export function upwardImports({ path, imports }: Source): string[] {
  const from = placeOf(path);
  if (from === null) return [];
  if (from.floor === -1) return [`${path} is in a room without a place in the order of ${from.area}`];
  return imports.flatMap(({ specifier }) => {
    const target = resolveImport(path, specifier);
    const to = target === null ? null : placeOf(target);
    if (to === null || to.area !== from.area || to.room === from.room || to.floor === -1 || to.floor < from.floor)
      return [];
    const where = to.floor === from.floor ? 'beside' : 'above';
    return [`${path} imports ${specifier}: ${to.room} stands ${where} ${from.room}`];
  });
}

/** Rooms of the order in which no file stands any more. */
export function emptyRooms(sources: readonly Source[]): string[] {
  const inUse = new Set(
    sources.map(({ path }) => placeOf(path)).map((place) => place && posix.join(place.area, place.room)),
  );
  return areas
    .flatMap((area) => (roomOrder[area] ?? []).flat().map((room) => posix.join(area, room)))
    .filter((room) => !inUse.has(room));
}
