import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Answer, type Asked, decide, Refused } from './steps.ts';
import { type TaskDialectName, taskDialects, taskModels } from './task-dialects.ts';

/** A request that a model got, and what came of it. */
export interface Exchange {
  dialect: TaskDialectName;
  headers: IncomingHttpHeaders;
  outcome: { asked: Asked; answer: Answer } | { refused: string; body: string };
}

export interface TaskUpstream extends AsyncDisposable {
  /** Where each dialect begins. */
  baseUrl(dialect: TaskDialectName): string;
  exchanges: Exchange[];
}

/**
 * Four providers on one socket, each as strict as the real one. Their models call the tool that the prompt names, and
 * then tell its result.
 */
export async function startTaskUpstream(): Promise<TaskUpstream> {
  const exchanges: Exchange[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { status, contentType, text } = answer(request, body, exchanges);
      response.writeHead(status, { 'content-type': contentType }).end(text);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    baseUrl: (dialect) => `http://127.0.0.1:${port}/${dialect}${dialect === 'gemini' ? '' : '/v1'}`,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const found = (status: number, value: object) => ({
  status,
  contentType: 'application/json',
  text: JSON.stringify(value),
});

function answer({ url = '', headers }: IncomingMessage, body: string, exchanges: Exchange[]) {
  const path = url.split('?', 1)[0] ?? '';
  const name = Object.keys(taskDialects).find((dialect): dialect is TaskDialectName => path.startsWith(`/${dialect}/`));
  if (name === undefined) return found(404, {});
  if (path.endsWith('/models')) return found(200, listOf(name));
  if (/count_?tokens$/i.test(path)) return found(200, { input_tokens: 900, totalTokens: 900 });
  const { path: known, task } = taskDialects[name];
  if (!known.test(path)) return found(404, task.error(`There is no ${path}.`));
  try {
    const asked = task.read(JSON.parse(body), path);
    const said = decide(asked, exchanges.length);
    exchanges.push({ dialect: name, headers, outcome: { asked, answer: said } });
    const { contentType, body: text } = task.write(said, asked);
    return { status: 200, contentType, text };
  } catch (error) {
    if (!(error instanceof Refused || error instanceof z.ZodError)) throw error;
    const refused = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    exchanges.push({ dialect: name, headers, outcome: { refused, body } });
    return found(400, task.error(refused));
  }
}

function listOf(dialect: TaskDialectName): object {
  const id = taskModels[dialect];
  if (dialect === 'gemini')
    return { models: [{ name: `models/${id}`, supportedGenerationMethods: ['generateContent'] }] };
  return {
    object: 'list',
    has_more: false,
    data: [{ id, object: 'model', type: 'model', display_name: id, created: 1 }],
  };
}
