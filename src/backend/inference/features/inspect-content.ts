import { asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { itemTypes, partTypes, reasons, storedReferences } from './feature-table.ts';
import { refuseFeature, refuseLookalikes } from './refuse-feature.ts';
import type { RequestFeatures } from './request-features.ts';

/** Members of messages, items and parts in which something can be referred to. */
const memberNames: ReadonlySet<string> = new Set([
  ...['type', 'role', 'content', 'output', 'source', 'image_url', 'file_url', 'file', 'file_data', 'input_audio', 'audio', 'id', 'tools'],
  ...['video_url', 'audio_url', 'url', 'data', 'image', 'video'],
  ...storedReferences,
]);
/** What no dialect here has: its cost does not follow from its bytes. */
const unknownMedia = ['video_url', 'audio_url', 'input_video', 'video'] as const;

/** What the content of these says is data, and refers to nothing. */
const closedTypes: ReadonlySet<string> = new Set([
  ...['tool_use', 'server_tool_use', 'mcp_tool_use', 'web_search_tool_result', 'tool_search_tool_result', 'browser_state', 'compaction'],
  ...['code_execution_tool_result', 'bash_code_execution_tool_result', 'text_editor_code_execution_tool_result'],
]);

/** Looks through what is said to a model; what it finds is added to `found`. @param tools looks through a list of tools that stands within */
export function createContentInspection(found: RequestFeatures, tools: (value: unknown, param: string) => void) {
  function each(value: readonly unknown[], param: string, look: (entry: unknown, path: string) => void): void {
    for (const [index, entry] of value.entries()) look(entry, `${param}[${index}]`);
  }

  function messages(value: unknown, param: string): void {
    if (!Array.isArray(value)) refuseFeature(param, reasons.unknown);
    each(value, param, (entry, path) => {
      const message = objectAt(entry, path);
      // An answer that was spoken before is referred to by its id.
      if (isGiven(message['audio'])) refuseFeature(`${path}.audio`, reasons.stored);
      parts(message['content'], `${path}.content`);
    });
  }

  /** The input of Responses: a text, or items of which messages are one kind; of embeddings: texts and lists of tokens. */
  function items(value: unknown, param: string): void {
    if (typeof value === 'string') return;
    if (!Array.isArray(value)) refuseFeature(param, reasons.unknown);
    each(value, param, (entry, path) => {
      if (typeof entry === 'string' || typeof entry === 'number' || isTokens(entry)) return;
      item(objectAt(entry, path), path);
    });
  }

  function item(value: JsonObject, path: string): void {
    const type = value['type'] ?? (isGiven(value['role']) ? 'message' : 'item_reference');
    if (type === 'item_reference') refuseFeature(`${path}.${isGiven(value['type']) ? 'type' : 'id'}`, `item_reference: ${reasons.stored}`);
    if (typeof type !== 'string') refuseFeature(`${path}.type`, reasons.unknown);
    if (!itemTypes.has(type)) refuseFeature(`${path}.type`, `${type}: ${reasons.unknown}`);
    // A thought that is not sent along is looked up by its id.
    if (type === 'reasoning' && isGiven(value['id']) && !isGiven(value['encrypted_content'])) {
      refuseFeature(`${path}.id`, `${reasons.stored}; ask for "reasoning.encrypted_content" in "include" and send that back`);
    }
    refuseStored(value, path);
    if (Array.isArray(value['tools']) && type !== 'mcp_list_tools') tools(value['tools'], `${path}.tools`);
    if (type === 'message') return parts(value['content'], `${path}.content`);
    output(value['output'], `${path}.output`);
  }

  /** What a tool gave: text, or parts; of a shell, entries that have no type. */
  function output(value: unknown, param: string): void {
    if (Array.isArray(value)) {
      each(value, param, (entry, path) => {
        const given = asObject(entry);
        if (given && isGiven(given['type'])) part(given, path);
        else if (given) source(given, path);
      });
    } else if (asObject(value)) output([value], param);
  }

  function parts(value: unknown, param: string): void {
    if (Array.isArray(value)) each(value, param, (entry, path) => typeof entry === 'string' || part(objectAt(entry, path), path));
    else if (asObject(value)) part(objectAt(value, param), param);
  }

  function part(value: JsonObject, path: string): void {
    const type = value['type'];
    if (typeof type !== 'string' || !(partTypes.has(type) || type.endsWith('_error')))
      refuseFeature(`${path}.type`, `${asText(type) ?? 'a part'}: ${reasons.unknown}`);
    source(value, path);
    if (!closedTypes.has(type)) parts(value['content'], `${path}.content`);
  }

  /** Whatever a part says it is: every way in which it can refer to something. */
  function source(value: JsonObject, path: string): void {
    refuseLookalikes(value, memberNames, path);
    refuseStored(value, path);
    for (const name of unknownMedia) if (isGiven(value[name])) refuseFeature(`${path}.${name}`, reasons.unknown);
    const picture = value['image_url'];
    if (isGiven(picture)) pictureAt(asObject(picture) ?? { url: picture }, `${path}.image_url`);
    if (isGiven(value['file_url'])) documentAt(value['file_url'], `${path}.file_url`);
    const file = asObject(value['file']);
    if (file) source(file, `${path}.file`);
    if (isGiven(value['file_data'])) documentAt(value['file_data'], `${path}.file_data`);
    const sound = asObject(value['input_audio']);
    if (sound) {
      refuseLookalikes(sound, memberNames, `${path}.input_audio`);
      if (isGiven(sound['url']) || isUrl(sound['data']))
        refuseFeature(`${path}.input_audio`, 'sound must be sent along, not by its address');
    }
    const given = asObject(value['source']);
    if (given) messagesSource(given, value['type'] === 'image', `${path}.source`);
  }

  /** Where a block of Messages has its picture or document. */
  function messagesSource(given: JsonObject, isPicture: boolean, path: string): void {
    refuseLookalikes(given, memberNames, path);
    refuseStored(given, path);
    switch (given['type']) {
      case 'base64':
      case 'url': {
        const address = given['type'] === 'url' ? given['url'] : `data:${asText(given['data']) ?? ''}`;
        if (isPicture) return pictureAt({ url: address }, path);
        return documentAt(address, given['type'] === 'url' ? `${path}.url` : path);
      }
      case 'text':
        return;
      case 'content':
        return parts(given['content'], `${path}.content`);
      default:
        refuseFeature(`${path}.type`, given['type'] === 'file' ? reasons.stored : reasons.unknown);
    }
  }

  function pictureAt(picture: JsonObject, path: string): void {
    refuseLookalikes(picture, memberNames, path);
    refuseStored(picture, path);
    const { url } = picture;
    if (isUrl(url)) found.picturesByUrl += 1;
    else if (!isData(url)) refuseFeature(path, 'a picture is sent along as a data URL, or named by an http(s) address');
    found.pictures += 1;
  }

  function documentAt(address: unknown, path: string): void {
    if (typeof address !== 'string') refuseFeature(path, reasons.unknown);
    if (isUrl(address)) found.documentsByUrl += 1;
    else found.documents += 1;
  }

  return { messages, items, parts };
}

function objectAt(value: unknown, path: string): JsonObject {
  const object = asObject(value);
  if (!object) refuseFeature(path, reasons.unknown);
  refuseLookalikes(object, memberNames, path);
  return object;
}

function refuseStored(value: JsonObject, path: string): void {
  for (const name of storedReferences) if (isGiven(value[name])) refuseFeature(`${path}.${name}`, reasons.stored);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every((token) => typeof token === 'number');
}

function isData(url: unknown): boolean {
  return typeof url === 'string' && /^\s*data:/i.test(url);
}

function isUrl(url: unknown): boolean {
  return typeof url === 'string' && /^\s*https?:/i.test(url);
}
