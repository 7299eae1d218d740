import { z } from 'zod';
import {
  type Answer,
  type Asked,
  events,
  json,
  Refused,
  type Reply,
  type Step,
  type TaskDialect,
  type TaskEvent,
} from './steps.ts';

const part = z.strictObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.object({ mimeType: z.string(), data: z.base64() }).optional(),
  functionCall: z
    .strictObject({ id: z.string().optional(), name: z.string(), args: z.object({}).loose().optional() })
    .optional(),
  functionResponse: z
    .strictObject({ id: z.string().optional(), name: z.string(), response: z.object({}).loose() })
    .optional(),
});
const turn = z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(part).min(1) });
const declaration = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][\w.:-]{0,127}$/),
  description: z.string().optional(),
  parameters: z.object({}).loose().optional(),
  parametersJsonSchema: z.unknown().optional(),
});
const request = z.object({
  contents: z.array(turn).min(1),
  systemInstruction: z
    .object({ parts: z.array(part).min(1) })
    .loose()
    .optional(),
  tools: z.array(z.object({ functionDeclarations: z.array(declaration).optional() })).optional(),
});
type Turn = z.infer<typeof turn>;
const usageMetadata = { promptTokenCount: 900, candidatesTokenCount: 40, totalTokenCount: 940 };

/**
 * Google's API: as many responses as calls, right after them, and the signature on the first call of each step of the
 * current turn.
 */
export const geminiTask: TaskDialect = {
  read(body, path) {
    const { contents: given, tools = [] } = request.parse(body);
    const contents = given.map(withoutRepeated);
    const [, model = '', method] = /\/models\/([^/:]+):(\w+)/.exec(path) ?? [];
    checkTurns(contents);
    const names = tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name));
    return {
      model,
      steps: contents.flatMap(readTurn),
      tools: names,
      isStream: method === 'streamGenerateContent',
      thinks: true,
    };
  },
  write: (answer, asked) =>
    asked.isStream ? stream(answer, asked) : json(chunk(answer, asked, parts(answer), 'STOP')),
  error: (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
};

/**
 * Gemini CLI sends each response twice, with the same id, when it goes on with a conversation. Google made both, so its
 * API is taken to accept that.
 */
function withoutRepeated({ role, parts: said }: Turn): Turn {
  const isFirst = (id: string | undefined, index: number): boolean =>
    id === undefined || said.findIndex(({ functionResponse }) => functionResponse?.id === id) === index;
  return { role, parts: said.filter(({ functionResponse }, index) => isFirst(functionResponse?.id, index)) };
}

function checkTurns(contents: readonly Turn[]): void {
  const current = contents.findLastIndex(
    ({ role, parts: said }) => role === 'user' && said.some(({ functionResponse }) => !functionResponse),
  );
  contents.forEach(({ parts: said }, index) => {
    const calls = said.filter(({ functionCall }) => functionCall);
    if (calls.length === 0) return;
    const responses = contents[index + 1]?.parts.flatMap(({ functionResponse }) => functionResponse ?? []) ?? [];
    if (responses.length !== calls.length)
      throw new Refused(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    if (index > current && calls[0]?.thoughtSignature === undefined)
      throw new Refused('Function call is missing a thought_signature in functionCall parts.');
  });
}

function readTurn({ role, parts: said }: Turn): Step[] {
  return said.flatMap(({ text, thought, thoughtSignature = null, functionCall, functionResponse }): Step[] => {
    if (functionCall) {
      const { id = functionCall.name, name, args = {} } = functionCall;
      return [{ kind: 'called', id, name, input: args, thought: thoughtSignature }];
    }
    if (functionResponse) {
      const { id = functionResponse.name, response } = functionResponse;
      return [{ kind: 'returned', id, text: Object.values(response).map(String).join('\n') }];
    }
    return text === undefined || text === '' || thought === true
      ? []
      : [{ kind: 'said', by: role === 'user' ? 'user' : 'assistant', text }];
  });
}

function parts(answer: Answer): object[] {
  if (answer.kind === 'text') return [{ text: answer.text }];
  const { name, input, thought } = answer;
  return [{ functionCall: { name, args: input }, thoughtSignature: thought }];
}

function chunk({ number }: Answer, { model }: Asked, said: object[], finishReason?: string): TaskEvent {
  const candidate = {
    content: { parts: said, role: 'model' },
    index: 0,
    ...(finishReason === undefined ? {} : { finishReason }),
  };
  return { candidates: [candidate], usageMetadata, modelVersion: model, responseId: `r${number}` };
}

function stream(answer: Answer, asked: Asked): Reply {
  return events([
    ...parts(answer).map((one) => chunk(answer, asked, [one])),
    chunk(answer, asked, [{ text: '' }], 'STOP'),
  ]);
}
