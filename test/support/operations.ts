import { Ajv2020 } from 'ajv/dist/2020.js';
import { type OpenApi, type Operation, writeOpenApi } from '#backend/server/openapi/write-openapi.ts';
import { endpoints } from '#backend/server/routes.ts';

export const document: OpenApi = writeOpenApi(endpoints);

export interface DocumentedOperation {
  /** `GET /v1/account`, as in the document. */
  name: string;
  method: string;
  path: string;
  operation: Operation;
}

export const operations: DocumentedOperation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('decimal', /^-?\d+\.\d{2,9}$/);
ajv.addFormat('date-time', { validate: (text: string) => text.endsWith('Z') && !Number.isNaN(Date.parse(text)) });
ajv.addFormat('date', /^\d{4}-\d{2}-\d{2}$/);

/** What of a reply is not as the document says; members that it does not name are faults here. */
export function faultsOf({ operation }: DocumentedOperation, status: number, type: string, reply: unknown): string[] {
  const schema = operation.responses[status]?.content?.[type]?.schema;
  if (!schema) return [`${status} in ${type} is not documented`];
  return faultsBy(closed({ ...schema, components: document.components }), reply);
}

/** What of a body is not as the document says. */
export function faultsOfBody({ operation }: DocumentedOperation, body: unknown): string[] {
  return faultsBy(
    { ...operation.requestBody?.content['application/json']?.schema, components: document.components },
    body,
  );
}

function faultsBy(schema: object, value: unknown): string[] {
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/**
 * Replies may grow members, so the document does not forbid them; the service itself may send none that is not in it.
 */
function closed<T>(schema: T): T {
  return JSON.parse(
    JSON.stringify(schema, (_name, value: unknown) =>
      isPlainObject(value) && isPlainObject(value['properties']) && value['additionalProperties'] === undefined
        ? { ...value, additionalProperties: false }
        : value,
    ),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
