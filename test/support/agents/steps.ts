/** One step of a conversation, in whatever dialect it came. */
export type Step =
  | { kind: 'said'; by: 'user' | 'assistant' | 'system'; text: string }
  /** `thought`: what the model left beside the call, as it came back; null where nothing did. */
  | { kind: 'called'; id: string; name: string; input: object; thought: string | null }
  | { kind: 'returned'; id: string; text: string };

/** A request as a model sees it. */
export interface Asked {
  model: string;
  steps: readonly Step[];
  /** The names of the tools on offer. */
  tools: readonly string[];
  isStream: boolean;
  /** Whether the model may leave its thoughts beside a call. */
  thinks: boolean;
}

/** What a model answers: a call, or a text. */
export type Answer = { number: number } & (
  | { kind: 'call'; id: string; name: string; input: object; thought: string | null }
  | { kind: 'text'; text: string }
);

export interface Reply {
  contentType: string;
  body: string;
}

/** How one provider reads requests and writes answers. */
export interface TaskDialect {
  /** Throws `Refused` for what the provider refuses. */
  read(body: unknown, path: string): Asked;
  write(answer: Answer, asked: Asked): Reply;
  error(message: string): object;
}

/** What the provider answers with 400, and why. */
export class Refused extends Error {}

export const answerBegin = 'The tool said:';
const asking = /#call ([\w.-]+) ([\w-]{2,})/;

/**
 * The prompt for which a model calls this tool with this input, and then tells its result. Some agents quote what they
 * are told, so it has no quotes.
 */
export function promptFor(name: string, input: object): string {
  return `#call ${name} ${Buffer.from(JSON.stringify(input)).toString('base64url')}`;
}

export function isPrompt(step: Step): boolean {
  return step.kind === 'said' && step.by === 'user' && asking.test(step.text);
}

/** Calls the tool that the last prompt names, and tells its result once it is there. */
export function decide({ steps, tools, thinks }: Asked, number: number): Answer {
  const prompt = steps.findLastIndex(isPrompt);
  const step = steps[prompt];
  const [, name = '', input = ''] = step?.kind === 'said' ? (asking.exec(step.text) ?? []) : [];
  if (!tools.includes(name)) return { number, kind: 'text', text: 'Fine.' };
  const results = steps.slice(prompt).filter((later) => later.kind === 'returned');
  if (results.length > 0)
    return { number, kind: 'text', text: `${answerBegin} ${results.map(({ text }) => text).join(' ')}` };
  const thought = thinks ? Buffer.from(`thought ${number}`).toString('base64') : null;
  return {
    number,
    kind: 'call',
    id: `call_${number}`,
    name,
    input: JSON.parse(Buffer.from(input, 'base64url').toString()),
    thought,
  };
}

export function json(value: object): Reply {
  return { contentType: 'application/json', body: JSON.stringify(value) };
}

/** A server-sent event; its name is its type, where it has one. */
export type TaskEvent = Readonly<Record<string, unknown>>;

export function events(values: readonly TaskEvent[], end = ''): Reply {
  const lines = values.map(
    (value) =>
      `${typeof value['type'] === 'string' ? `event: ${value['type']}\n` : ''}data: ${JSON.stringify(value)}\n\n`,
  );
  return { contentType: 'text/event-stream', body: `${lines.join('')}${end}` };
}

/** A text in two pieces, as a stream brings it. */
export function halves(text: string): [string, string] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)];
}

/** Every call is answered by the results right after it, and no result stands alone. */
export function checkPairs(steps: readonly Step[]): void {
  const open = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'called') open.add(step.id);
    else if (step.kind === 'returned') {
      if (!open.delete(step.id)) throw new Refused(`The result ${step.id} has no call before it.`);
    } else if (open.size > 0 && step.by !== 'assistant')
      throw new Refused(`The calls ${[...open].join(', ')} have no results.`);
  }
  if (open.size > 0) throw new Refused(`The calls ${[...open].join(', ')} have no results.`);
}
