import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import type { EchoPrompt } from './echo-prompt.ts';
import { type EchoScript, type EchoToolCall, emptyScript, readEchoScript } from './echo-script.ts';
import { countTokens, splitTokens, wordsOfTokens } from './echo-tokens.ts';
import { sampleJson } from './sample-json.ts';

/** Why the model stopped, independent of dialects. */
export type EchoFinish = 'stop' | 'length' | 'tools' | 'stop-sequence';

/** Everything about an answer that is the same in every dialect. */
export interface EchoAnswer {
  script: EchoScript;
  thinking: string | null;
  /** The text in the pieces it is streamed in. */
  textPieces: readonly string[];
  tools: readonly EchoToolCall[];
  finish: EchoFinish;
  stopSequence: string | null;
  usage: Usage;
}

const greetingCharacters = 200;

/** What the echo model answers: its script, a required tool, the word on a tool's result, or a friendly echo. */
export function planAnswer(prompt: EchoPrompt): EchoAnswer {
  const hasResults = prompt.toolResults.length > 0;
  const script = (hasResults ? null : readEchoScript(prompt.lastUserText, wordsOfTokens)) ?? emptyScript();
  const tools = hasResults ? [] : toolsToCall(prompt, script);
  const limit = prompt.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const reasoning = Math.min(script.reasoningTokens, limit);
  const toolTokens = tools.reduce((sum, tool) => sum + countTokens(tool.name + JSON.stringify(tool.input)), 0);
  const wanted = stopAt(textFor(prompt, script, tools), prompt.stops);
  const pieces = splitTokens(wanted.text);
  const textPieces = pieces.slice(0, Math.max(0, limit - reasoning - toolTokens));
  const isCutShort = textPieces.length < pieces.length || script.reasoningTokens > reasoning;
  return {
    script,
    thinking: reasoning > 0 ? wordsOfTokens(reasoning) : null,
    textPieces,
    tools,
    finish: finishOf(isCutShort, tools, wanted.stopSequence),
    stopSequence: isCutShort ? null : wanted.stopSequence,
    usage: makeUsage({
      freshInput: Math.max(1, countTokens(prompt.allText)),
      cacheRead: script.cacheReadTokens,
      cacheWrite5m: script.cacheWrite5mTokens,
      cacheWrite1h: script.cacheWrite1hTokens,
      outputText: (textPieces.length + toolTokens) * prompt.choices,
      outputReasoning: reasoning * prompt.choices,
    }),
  };
}

function finishOf(isCutShort: boolean, tools: readonly EchoToolCall[], stopSequence: string | null): EchoFinish {
  if (isCutShort) return 'length';
  if (tools.length > 0) return 'tools';
  return stopSequence === null ? 'stop' : 'stop-sequence';
}

function toolsToCall(prompt: EchoPrompt, script: EchoScript): readonly EchoToolCall[] {
  if (script.tools.length > 0) return script.tools;
  const choice = prompt.toolChoice;
  const named = choice.kind === 'named' ? prompt.tools.find((tool) => tool.name === choice.name) : undefined;
  const tool = named ?? (choice.kind === 'any' ? prompt.tools[0] : undefined);
  if (!tool) return [];
  const sample = sampleJson(tool.schema);
  return [{ name: tool.name, input: typeof sample === 'object' && sample !== null ? { ...sample } : {} }];
}

function textFor(prompt: EchoPrompt, script: EchoScript, tools: readonly EchoToolCall[]): string {
  if (prompt.toolResults.length > 0) return `The tool answered: ${prompt.toolResults.join(' | ')}`;
  if (script.text !== null) return script.text;
  if (tools.length > 0) return '';
  if (prompt.jsonSchema !== null) return JSON.stringify(sampleJson(prompt.jsonSchema));
  const said = prompt.lastUserText.replaceAll(/\s+/g, ' ').trim();
  const received = said.length > greetingCharacters ? `${said.slice(0, greetingCharacters)}…` : said;
  return received === ''
    ? 'Hello from Corvus. Say something and I will echo it.'
    : `Hello from Corvus. You said: ${received}`;
}

function stopAt(text: string, stops: readonly string[]): { text: string; stopSequence: string | null } {
  let end = text.length;
  let stopSequence: string | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at !== -1 && at < end) {
      end = at;
      stopSequence = stop;
    }
  }
  return { text: text.slice(0, end), stopSequence };
}
