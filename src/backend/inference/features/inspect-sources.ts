import { memberNames } from '#proxy/body/member-names.ts';
import { asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { reasons, storedReferences, words } from './feature-table.ts';
import { refuseFeature, refuseLookalikes } from './refuse-feature.ts';
import type { RequestFeatures } from './request-features.ts';

/** Members of messages, items and parts that can refer to something. */
const contentMembers = memberNames([
  ...words('type role content output source image_url file_url file file_data input_audio audio id tools'),
  ...words('video_url audio_url url data image video'),
  ...storedReferences,
]);
/** Not in any dialect here: the cost does not follow from the bytes. */
const unknownMedia = ['video_url', 'audio_url', 'input_video', 'video'] as const;

/** Inspects messages for a model; adds what it finds to `found`. */
export interface ContentInspection {
  found: RequestFeatures;
  /** Inspects a list of tools inside. */
  tools(value: unknown, param: string): void;
  /** Inspects parts inside. */
  parts(value: unknown, param: string): void;
}

/** All ways in which a part can refer to something, whatever its type says. */
export function inspectSource(inspection: ContentInspection, value: JsonObject, path: string): void {
  const { found } = inspection;
  refuseUnclear(value, path);
  refuseStored(value, path);
  for (const name of unknownMedia) if (isGiven(value[name])) refuseFeature(`${path}.${name}`, reasons.unknown);
  const picture = value['image_url'];
  if (isGiven(picture)) inspectPicture(found, asObject(picture) ?? { url: picture }, `${path}.image_url`);
  if (isGiven(value['file_url'])) inspectDocument(found, value['file_url'], `${path}.file_url`);
  if (isGiven(value['file_data'])) inspectDocument(found, value['file_data'], `${path}.file_data`);
  const file = asObject(value['file']);
  if (file) inspectSource(inspection, file, `${path}.file`);
  const sound = asObject(value['input_audio']);
  if (sound) inspectSound(sound, `${path}.input_audio`);
  const given = asObject(value['source']);
  if (given) inspectMessagesSource(inspection, given, value['type'] === 'image', `${path}.source`);
}

/** Where a block of Messages has its image or document. */
function inspectMessagesSource(
  inspection: ContentInspection,
  given: JsonObject,
  isPicture: boolean,
  path: string,
): void {
  refuseUnclear(given, path);
  refuseStored(given, path);
  const { type } = given;
  switch (type) {
    case 'base64':
    case 'url': {
      const address = type === 'url' ? given['url'] : `data:${asText(given['data']) ?? ''}`;
      if (isPicture) return inspectPicture(inspection.found, { url: address }, path);
      return inspectDocument(inspection.found, address, type === 'url' ? `${path}.url` : path);
    }
    case 'text':
      return;
    case 'content':
      return inspection.parts(given['content'], `${path}.content`);
    default:
      refuseFeature(`${path}.type`, type === 'file' ? reasons.stored : reasons.unknown);
  }
}

function inspectPicture(found: RequestFeatures, picture: JsonObject, path: string): void {
  refuseUnclear(picture, path);
  refuseStored(picture, path);
  const { url } = picture;
  if (isUrl(url)) found.picturesByUrl += 1;
  else if (!isData(url)) refuseFeature(path, 'a picture is sent along as a data URL, or named by an http(s) address');
  found.pictures += 1;
}

function inspectDocument(found: RequestFeatures, address: unknown, path: string): void {
  if (typeof address !== 'string') refuseFeature(path, reasons.unknown);
  if (isUrl(address)) found.documentsByUrl += 1;
  else found.documents += 1;
}

function inspectSound(sound: JsonObject, path: string): void {
  refuseUnclear(sound, path);
  if (isGiven(sound['url']) || isUrl(sound['data']))
    refuseFeature(path, 'sound must be sent along, not by its address');
}

export function objectAt(value: unknown, path: string): JsonObject {
  const object = asObject(value);
  if (!object) refuseFeature(path, reasons.unknown);
  refuseUnclear(object, path);
  return object;
}

function refuseUnclear(value: JsonObject, path: string): void {
  refuseLookalikes(value, contentMembers, path);
}

export function refuseStored(value: JsonObject, path: string): void {
  for (const name of storedReferences) if (isGiven(value[name])) refuseFeature(`${path}.${name}`, reasons.stored);
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isData(url: unknown): boolean {
  return typeof url === 'string' && /^\s*data:/i.test(url);
}

function isUrl(url: unknown): boolean {
  return typeof url === 'string' && /^\s*https?:/i.test(url);
}
