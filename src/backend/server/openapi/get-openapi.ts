import { z } from 'zod';
import { openEndpoint } from '../../http/declare-endpoint.ts';
import type { HttpEndpoint } from '../../http/endpoint.ts';
import { type OpenApi, writeOpenApi } from './write-openapi.ts';

interface OpenApiDeps {
  publicBaseUrl(): string;
}

/** The document that describes the other endpoints, and itself. */
export function getOpenApi(endpoints: () => readonly HttpEndpoint<never>[]): HttpEndpoint<OpenApiDeps> {
  let written: OpenApi | null = null;
  return openEndpoint({
    method: 'get',
    path: '/v1/openapi.json',
    tag: 'Service',
    summary: 'This document.',
    reply: z.looseObject({ openapi: z.string() }),
    isPolled: true,
  }).handle<OpenApiDeps>(({ services }) => {
    written ??= writeOpenApi(endpoints());
    return { ...written, servers: [{ url: services.publicBaseUrl() }] };
  });
}
