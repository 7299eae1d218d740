import type { AnswerEvent, AnswerReader } from './answer.ts';
import type { Conversation, Part, ToolChoice } from './conversation.ts';
import { legalName } from './short-names.ts';
import type { ToolNames } from './translation.ts';

export interface NamedConversation {
  conversation: Conversation;
  originals: ReadonlyMap<string, string>;
}

/**
 * The conversation with tool names that a dialect accepts, consistent in its tools, its history and the choice of a
 * tool.
 */
export function withLegalNames(conversation: Conversation, mostCharacters: number): NamedConversation {
  const originals = new Map<string, string>();
  const rename = (name: string): string => {
    const legal = legalName(name, mostCharacters);
    if (legal !== name) originals.set(legal, name);
    return legal;
  };
  const tools = conversation.tools.map((tool) => ({ ...tool, name: rename(tool.name) }));
  const turns = conversation.turns.map((turn) => ({
    ...turn,
    parts: turn.parts.map((part) => renamedPart(part, rename)),
  }));
  const toolChoice = conversation.toolChoice && renamedChoice(conversation.toolChoice, rename);
  return originals.size === 0
    ? { conversation, originals }
    : { conversation: { ...conversation, tools, turns, toolChoice }, originals };
}

function renamedPart(part: Part, rename: (name: string) => string): Part {
  return part.kind === 'call' ? { ...part, name: rename(part.name) } : part;
}

function renamedChoice(choice: ToolChoice, rename: (name: string) => string): ToolChoice {
  if (choice.kind === 'tool') return { ...choice, name: rename(choice.name) };
  return choice.kind === 'allowed' ? { ...choice, names: choice.names.map(rename) } : choice;
}

/** An upstream's answer with the client's own names, and with a stop reason that matches its content. */
export function withOriginalNames(reader: AnswerReader, { originals }: ToolNames): AnswerReader {
  let hasCalled = false;

  function restore(event: AnswerEvent): AnswerEvent {
    if (event.kind === 'call') {
      hasCalled = true;
      return { ...event, name: originals.get(event.name) ?? event.name };
    }
    if (event.kind !== 'end') return event;
    const { ending } = event;
    // Some servers report "stop" although they call a tool, and some report a call that they do not make.
    if (ending.stop === 'end' && hasCalled) return { ...event, ending: { ...ending, stop: 'tools' } };
    return ending.stop === 'tools' && !hasCalled ? { ...event, ending: { ...ending, stop: 'end' } } : event;
  }

  return {
    event: (event) => reader.event(event).map(restore),
    end: () => reader.end().map(restore),
    state: reader.state,
  };
}
