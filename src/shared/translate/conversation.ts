import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { ModelState } from './model-state.ts';

/**
 * A request in a neutral form: each dialect is read into it once and written from it once. It covers more than any
 * single dialect, so that nothing is lost between two dialects that both support a feature.
 */
export interface Conversation {
  model: string;
  /** System or developer text before everything else. */
  instructions: TextPart[];
  turns: Turn[];
  tools: Tool[];
  toolChoice: ToolChoice | null;
  /** Whether several tools may be called at once. null here and below: not stated. */
  isParallel: boolean | null;
  maxOutputTokens: number | null;
  temperature: number | null;
  topP: number | null;
  topK: number | null;
  seed: number | null;
  frequencyPenalty: number | null;
  presencePenalty: number | null;
  stop: string[];
  format: OutputFormat | null;
  effort: Effort | null;
  verbosity: string | null;
  userId: string | null;
  /** Groups requests with a common beginning. */
  cacheKey: string | null;
  serviceTier: string | null;
  /** The caller's own labels, for a dialect that stores them. */
  metadata: JsonObject | null;
  isStream: boolean;
}

/** `instructions`: system or developer text in the middle of a conversation. Tool results belong to the user's turn. */
export interface Turn {
  role: 'user' | 'assistant' | 'instructions';
  parts: Part[];
}

export type Part = TextPart | RefusalPart | ImagePart | FilePart | CallPart | ResultPart | StatePart;

/** The state that the requested model left with this turn, at its beginning. */
export interface StatePart {
  kind: 'state';
  state: ModelState;
}

export interface TextPart {
  kind: 'text';
  text: string;
  cache: CacheMarker;
}

export interface RefusalPart {
  kind: 'refusal';
  text: string;
}

/** At an https address, or as a data URL. */
export interface ImagePart {
  kind: 'image';
  url: string;
  detail: string | null;
  cache: CacheMarker;
}

export interface FilePart {
  kind: 'file';
  name: string | null;
  content:
    | { kind: 'data'; mediaType: string; base64: string }
    | { kind: 'url'; url: string }
    | { kind: 'text'; text: string };
  cache: CacheMarker;
}

/** The content of a message, without calls and results. */
export type ContentPart = TextPart | RefusalPart | ImagePart | FilePart;

export interface CallPart {
  kind: 'call';
  id: string;
  name: string;
  /** JSON text; the bare text of a custom tool. */
  arguments: string;
  isCustom: boolean;
  cache: CacheMarker;
}

export interface ResultPart {
  kind: 'result';
  callId: string;
  parts: (TextPart | ImagePart | FilePart)[];
  isError: boolean;
  isCustom: boolean;
  cache: CacheMarker;
}

/** `cache_control` as it came; null: none. */
export type CacheMarker = JsonObject | null;

export function cacheOf(part: JsonObject): CacheMarker {
  return asObject(part['cache_control']);
}

/** A tool that the client runs. `custom`: it takes bare text instead of JSON. */
export interface Tool {
  name: string;
  description: string | null;
  kind:
    | { type: 'function'; schema: JsonObject | null; isStrict: boolean | null }
    | { type: 'custom'; format: JsonObject | null };
  cache: CacheMarker;
}

export type ToolChoice =
  | { kind: 'auto' | 'none' | 'any' }
  | { kind: 'tool'; name: string }
  | { kind: 'allowed'; mustCallTool: boolean; names: string[] };

export type OutputFormat =
  | { kind: 'json' }
  | { kind: 'schema'; name: string | null; description: string | null; schema: JsonObject; isStrict: boolean | null };

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];

export function asEffort(value: unknown): Effort | null {
  return efforts.find((effort) => effort === value) ?? null;
}

export function emptyConversation(): Conversation {
  return {
    model: '',
    instructions: [],
    turns: [],
    tools: [],
    toolChoice: null,
    isParallel: null,
    maxOutputTokens: null,
    temperature: null,
    topP: null,
    topK: null,
    seed: null,
    frequencyPenalty: null,
    presencePenalty: null,
    stop: [],
    format: null,
    effort: null,
    verbosity: null,
    userId: null,
    cacheKey: null,
    serviceTier: null,
    metadata: null,
    isStream: false,
  };
}

/**
 * Extends the last turn if the role is the same: two dialects split the same conversation into messages differently.
 */
export function addToTurn(turns: Turn[], role: Turn['role'], parts: readonly Part[]): void {
  if (parts.length === 0) return;
  const last = turns.at(-1);
  if (last && last.role === role) last.parts.push(...parts);
  else turns.push({ role, parts: [...parts] });
}

/** Instructions before the first message belong to the beginning; later ones keep their place. */
export function addInstructions({ instructions, turns }: Conversation, parts: readonly Part[]): void {
  const texts = parts.filter((part) => part.kind === 'text');
  if (turns.length === 0) instructions.push(...texts);
  else addToTurn(turns, 'instructions', texts);
}

export function textPart(text: string, cache: CacheMarker = null): TextPart {
  return { kind: 'text', text, cache };
}

/** Pictures and files that a model made, as the user's: in every dialect but Gemini only the user sends any. */
export function withPicturesOfUser(turns: readonly Turn[]): Turn[] {
  const shown: Turn[] = [];
  for (const { role, parts } of turns) {
    const made = role === 'assistant' ? parts.filter(({ kind }) => kind === 'image' || kind === 'file') : [];
    addToTurn(shown, role, made.length === 0 ? parts : parts.filter((part) => !made.includes(part)));
    if (made.length > 0) addToTurn(shown, 'user', [textPart('[The assistant made this:]'), ...made]);
  }
  return shown;
}

/** Later instructions as marked user text, for an upstream that takes instructions only at the beginning. */
export function withInstructionsInUserTurns(turns: readonly Turn[]): Turn[] {
  const folded: Turn[] = [];
  for (const { role, parts } of turns) {
    if (role === 'instructions') addToTurn(folded, 'user', parts.map(markedInstructions));
    else addToTurn(folded, role, parts);
  }
  return folded;
}

/** An instruction within the user's text. */
export function markedInstructions(part: Part): Part {
  return part.kind === 'text' ? { ...part, text: `<system>\n${part.text}\n</system>` } : part;
}

/** The tools that a tool choice leaves, for a dialect that cannot express the choice. */
export function allowedTools(tools: readonly Tool[], choice: ToolChoice | null): readonly Tool[] {
  return choice?.kind === 'allowed' ? tools.filter(({ name }) => choice.names.includes(name)) : tools;
}

/** Whether anything is marked for a prompt cache. */
export function hasCacheMarkers({ instructions, turns, tools }: Conversation): boolean {
  const isMarked = (part: Part | Tool): boolean => 'cache' in part && part.cache !== null;
  return [...instructions, ...turns.flatMap((turn) => turn.parts)].some(isMarked) || tools.some(isMarked);
}

/** The text of those parts that have any. */
export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' || part.kind === 'refusal' ? part.text : '')).join('');
}

/** The text of a result, for a dialect in which a result is one text. Tools return a list of texts, each for itself. */
export function textOfResult(parts: ResultPart['parts']): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
}

/** The content of a result that says itself that it is an error, for a dialect that cannot mark it. */
export function withErrorInWords({ parts, isError }: ResultPart): ResultPart['parts'] {
  if (!isError || /^error/i.test(textOf(parts))) return parts;
  const [first, ...rest] = parts;
  return first?.kind === 'text' ? [{ ...first, text: `Error: ${first.text}` }, ...rest] : [textPart('Error'), ...parts];
}
