import { upperFirst } from '#shared/upper-first.ts';
import { errorReplySchema } from '#shared/account/error-reply.ts';
import { type ErrorCode, errorCatalogue } from '#shared/errors.ts';
import type { Contract, HttpEndpoint } from '../../http/endpoint.ts';
import { type Components, type JsonSchema, writeSchema } from './write-schema.ts';

interface Content {
  content: Record<string, { schema: JsonSchema }>;
}

interface Reply extends Partial<Content> {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: Content & { required: true };
  responses: Record<string, Reply>;
}

export interface OpenApi {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  tags: { name: Contract['tag']; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: Record<string, Record<string, string>>; schemas: Components };
}

const tags: OpenApi['tags'] = [
  { name: 'Account', description: 'The balance of a customer key, what moved it, and what it may spend.' },
  { name: 'Models', description: 'What is sold, and for how much.' },
  {
    name: 'Compatibility',
    description: 'The same balance in the formats of other services, for tools that know those.',
  },
  { name: 'Service', description: 'The state of the service.' },
];

const description = [
  'Everything is read with the customer key that also buys model calls. Money is a decimal string in US dollars, times are RFC 3339 in UTC,',
  'and null is unknown or none, never zero. Replies may grow members. The inference endpoints are those of OpenAI and Anthropic and are not described here.',
].join(' ');

/** The account API as one OpenAPI document, from what its endpoints declare and check by. */
export function writeOpenApi(endpoints: readonly HttpEndpoint<never>[]): OpenApi {
  const schemas: Components = {};
  const paths: OpenApi['paths'] = {};
  for (const endpoint of endpoints) {
    if (endpoint.access === 'operator' || !endpoint.contract) continue;
    // The same once more, for clients that ask with a slash at the end.
    if (endpoint.path.endsWith('/')) continue;
    const path = documentedPath(endpoint.path);
    paths[path] = { ...paths[path], [endpoint.method]: writeOperation(endpoint, path, endpoint.contract, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Corvus account API', version: '1', description },
    tags,
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => one.localeCompare(other))),
    },
  };
}

/** `/things/:id{[^/]+\\.pdf}` is `/things/{id}.pdf`. */
function documentedPath(path: string): string {
  return path.replaceAll(
    /:(\w+)(\{[^}]*\})?/g,
    (_, name: string, pattern = '') => `{${name}}${/\.\w+(?=\}$)/.exec(pattern)?.[0] ?? ''}`,
  );
}

function writeOperation(
  endpoint: Exclude<HttpEndpoint<never>, { access: 'operator' }>,
  path: string,
  contract: Contract,
  schemas: Components,
): Operation {
  const needsKey = endpoint.access === 'key';
  return {
    operationId: nameOf(endpoint.method, path),
    tags: [contract.tag],
    summary: contract.summary,
    security: needsKey ? [{ bearer: [] }, { apiKey: [] }] : [],
    parameters: [...pathParameters(path), ...queryParameters(contract, schemas), ...headerParameters(contract)],
    ...(contract.body && { requestBody: { required: true, ...json(writeSchema(contract.body, 'input', schemas)) } }),
    responses: { ...goodReplies(contract, schemas), ...refusals(contract, { path, needsKey }, schemas) },
  };
}

/** `getAccountLedger`; the version that all have is left out. */
function nameOf(method: string, path: string): string {
  const words = path.replace(/^\/v1\//, '/').match(/[A-Za-z0-9]+/g) ?? [];
  return method + words.map(upperFirst).join('');
}

function pathParameters(path: string): Parameter[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters({ query }: Contract, schemas: Components): Parameter[] {
  if (!query) return [];
  const { properties = {}, required = [] } = writeSchema(query, 'input', schemas);
  return Object.entries(properties).flatMap(([name, schema]) =>
    typeof schema === 'boolean' ? [] : [{ name, in: 'query', required: required.includes(name), schema }],
  );
}

function headerParameters({ isPolled, replyType }: Contract): Parameter[] {
  const optional = (name: string, text: string): Parameter => ({
    name,
    in: 'header',
    required: false,
    description: text,
    schema: { type: 'string' },
  });
  return [
    ...(isPolled ? [optional('if-none-match', 'The `etag` of the last reply.')] : []),
    ...(replyType === 'text/event-stream'
      ? [optional('last-event-id', 'The last ledger sequence that was seen.')]
      : []),
  ];
}

function goodReplies(contract: Contract, schemas: Components): Record<string, Reply> {
  const { status, replyType, isPolled } = contract;
  const content = { [replyType]: { schema: writeSchema(contract.reply, 'output', schemas) } };
  const text =
    replyType === 'text/event-stream' ? 'Server-sent events; the schema is that of the `data` of one.' : 'Done.';
  if (!isPolled) return { [status]: { description: text, content } };
  const headers = { etag: { description: 'Changes when the figures do.', schema: { type: 'string' } as const } };
  return { [status]: { description: text, headers, content }, 304: { description: 'Nothing has changed.' } };
}

function refusals(
  { query, body, errors }: Contract,
  { path, needsKey }: { path: string; needsKey: boolean },
  schemas: Components,
): Record<string, Reply> {
  const codes: ErrorCode[] = [
    ...(query || body || pathParameters(path).length > 0 ? (['bad_request'] as const) : []),
    ...(body ? (['invalid_json', 'request_too_large'] as const) : []),
    ...(needsKey ? (['invalid_api_key', 'ambiguous_credentials', 'billing_unavailable'] as const) : []),
    ...errors,
    'internal_error',
  ];
  const statuses = new Set(codes.map((code) => errorCatalogue[code].status));
  const schema = writeSchema(errorReplySchema, 'output', schemas);
  return Object.fromEntries(
    [...statuses].map((status) => {
      const own = [...new Set(codes)].filter((code) => errorCatalogue[code].status === status);
      return [status, { description: own.map((code) => `\`${code}\``).join(', '), ...json(schema) }];
    }),
  );
}

function json(schema: JsonSchema): Content {
  return { content: { 'application/json': { schema } } };
}
