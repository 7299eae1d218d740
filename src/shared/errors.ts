/** The one catalogue of refusals. A code never changes its meaning; docs/errors.md explains each one. */

interface ErrorFacts {
  /** HTTP status in every dialect, unless `anthropicStatus` differs. */
  status: number;
  anthropicStatus?: number;
  openaiType: OpenAiErrorType;
  anthropicType: AnthropicErrorType;
  /** Whether the same request may succeed if it is sent again; becomes `x-should-retry`. */
  retryable: boolean;
  /** The sentence used when the code that refuses has nothing more exact to say. */
  message: string;
}

export type OpenAiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'server_error'
  | 'service_unavailable';

export type AnthropicErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'api_error'
  | 'overloaded_error';

function refusal(
  status: number,
  openaiType: OpenAiErrorType,
  anthropicType: AnthropicErrorType,
  message: string,
  options: { retryable?: boolean; anthropicStatus?: number } = {},
): ErrorFacts {
  return { status, openaiType, anthropicType, message, retryable: false, ...options };
}

type Options = Parameters<typeof refusal>[4];

/** What is wrong with the request itself. */
function invalid(status: number, message: string, options?: Options): ErrorFacts {
  return refusal(status, 'invalid_request_error', 'invalid_request_error', message, options);
}

/** What went wrong on the way. */
function failure(status: number, message: string, options?: Options): ErrorFacts {
  return refusal(status, 'server_error', 'api_error', message, options);
}

/** What may work again in a while. */
function unavailable(status: number, message: string, options?: Options): ErrorFacts {
  return refusal(status, 'service_unavailable', 'overloaded_error', message, options);
}

export const errorCatalogue = {
  // The request itself
  bad_request: invalid(400, 'The request is not valid.'),
  invalid_json: invalid(400, 'The request body is not valid JSON.'),
  json_too_complex: invalid(400, 'The request body is nested too deeply or has too many parts.'),
  invalid_host: invalid(400, 'The Host header is missing or malformed.'),
  host_not_allowed: refusal(
    403,
    'permission_error',
    'permission_error',
    'Corvus answers on 127.0.0.1, [::1] and localhost only.',
  ),
  origin_not_allowed: refusal(403, 'permission_error', 'permission_error', 'Web pages may not call this address.'),
  unknown_parameter: invalid(400, 'The request body has a member that is not accepted here.'),
  unsupported_parameter: invalid(400, 'The request uses a feature that cannot be paid from a prepaid balance.'),
  expectation_failed: invalid(417, 'The only expectation understood is 100-continue.'),
  upgrade_required: invalid(426, 'This address speaks HTTP/1.1 only: send the request as a POST.'),
  headers_too_large: invalid(431, 'The request headers are larger than 16 KiB.'),
  method_not_allowed: invalid(405, 'This path does not accept that method.'),
  unsupported_media_type: invalid(415, 'Send the body as application/json.'),
  unsupported_content_encoding: invalid(415, 'Send the body uncompressed, or with one of gzip, br, deflate, zstd.'),
  request_too_large: refusal(
    413,
    'invalid_request_error',
    'request_too_large',
    'The request body is larger than 32 MiB.',
  ),
  repeated_request: invalid(400, 'The same request was refused before, and nothing has changed since.'),
  tool_loop: invalid(
    400,
    'The conversation repeats the same tool call with the same result, or its key spends far more than usual, and the key has that stopped.',
  ),
  request_timeout: invalid(408, 'The request body did not arrive in time.', {
    retryable: true,
  }),
  route_not_found: refusal(404, 'not_found_error', 'not_found_error', 'There is nothing at this path.'),
  not_found: refusal(404, 'not_found_error', 'not_found_error', 'This resource does not exist.'),
  conflict: invalid(409, 'Something with that name already exists.'),
  // The caller
  invalid_api_key: refusal(
    401,
    'authentication_error',
    'authentication_error',
    'The API key is missing, unknown or revoked.',
  ),
  ambiguous_credentials: invalid(400, 'Two different API keys were sent; send one.'),
  role_not_allowed: refusal(403, 'permission_error', 'permission_error', 'The role of this key does not allow that.'),
  // The target of the request
  model_not_found: refusal(404, 'not_found_error', 'not_found_error', 'This model is not available here.'),
  model_not_priced: invalid(400, 'This model has no price, so it cannot be sold.'),
  dialect_not_supported: invalid(400, 'This model is not reachable in the dialect of this endpoint.'),
  not_translatable: invalid(
    400,
    'The model is served in another dialect, which cannot express something that this request asks for.',
  ),
  no_lane: unavailable(503, 'No account, provider or local model is set up yet. Add one in Corvus.'),
  paid_model_locked: refusal(
    403,
    'permission_error',
    'permission_error',
    'This model is available after a first top-up. Free models work without one.',
  ),
  model_not_allowed: refusal(403, 'permission_error', 'permission_error', 'This key may not use that model.'),
  key_may_not_manage: refusal(
    403,
    'permission_error',
    'permission_error',
    'This key buys model calls only. Use a key that may manage the account.',
  ),
  key_is_limited: refusal(
    403,
    'permission_error',
    'permission_error',
    'This key has limits and cannot change or exceed them. Use a key without limits.',
  ),
  // Money
  insufficient_credits: refusal(
    429,
    'rate_limit_error',
    'rate_limit_error',
    'Out of balance: top up this key to continue.',
  ),
  write_off_limit_reached: refusal(
    429,
    'rate_limit_error',
    'rate_limit_error',
    'Requests of this account cost the service more today than could be charged. They are stopped until the next day (UTC).',
  ),
  burst_limit_exceeded: refusal(
    429,
    'rate_limit_error',
    'rate_limit_error',
    'Request burst detected. Wait a few seconds.',
    {
      retryable: true,
    },
  ),
  rate_limit_exceeded: refusal(429, 'rate_limit_error', 'rate_limit_error', 'Too many requests at once.', {
    retryable: true,
  }),
  billing_unavailable: unavailable(503, 'The ledger cannot be written now, so nothing was sent.', {
    retryable: true,
  }),
  payment_unavailable: unavailable(503, 'The payment provider cannot be reached; nothing was charged.', {
    retryable: true,
  }),
  webhook_refused: invalid(400, 'This event is not signed by the payment provider.'),
  request_in_flight: invalid(409, 'A request with this id is still being answered.', {
    retryable: true,
  }),
  idempotency_key_reused: invalid(422, 'A request with this id has ended already, and is not run again.'),
  // The upstream
  upstream_connection_error: failure(502, 'The upstream could not be reached.', { retryable: true }),
  upstream_timeout: refusal(504, 'server_error', 'timeout_error', 'The upstream did not answer in time.', {
    retryable: true,
  }),
  upstream_interrupted: failure(502, 'The upstream broke off its answer.', { retryable: true }),
  upstream_truncated: failure(502, 'The upstream answer ended too early.', { retryable: true }),
  upstream_redirect: failure(502, 'The upstream answered with a redirect, which is not followed.'),
  upstream_not_json: failure(
    502,
    'A web page answered instead of the upstream: a captive portal, a proxy, or a wrong base URL.',
  ),
  upstream_decompression_limit: failure(502, 'The upstream answer exceeds the decompression limit.'),
  upstream_credential_refused: failure(
    502,
    'The provider refused the key that Corvus holds for it. Check it under Providers.',
  ),
  upstream_out_of_credit: refusal(
    402,
    'invalid_request_error',
    'billing_error',
    'The account at the provider has no money left.',
  ),
  no_upstream_capacity: unavailable(503, 'No upstream for this model can take the request now.', {
    retryable: true,
    anthropicStatus: 529,
  }),
  upstream_address_refused: failure(502, 'The upstream resolves to an address that Corvus does not connect to.'),
  certificate_not_trusted: failure(502, 'The upstream certificate is signed by an authority that is not trusted here.'),
  proxy_login_required: failure(502, 'The network proxy asks for a login.'),
  proxy_refused: failure(502, 'The network proxy does not connect to the upstream.', { retryable: true }),
  proxy_unreachable: failure(502, 'The network proxy cannot be reached.', { retryable: true }),
  tls_error: failure(502, 'The upstream certificate is not trusted.'),
  offline: unavailable(503, 'This machine cannot reach the network.', { retryable: true }),
  proxy_loop: failure(508, 'The base URL points back at Corvus itself.'),
  output_limit_passed: failure(502, 'The upstream exceeded the output limit of the request, so the answer was ended.'),
  // Corvus itself
  port_taken: unavailable(503, 'Another program listens on this port.'),
  overloaded: unavailable(503, 'Too many large requests are in flight.', { retryable: true }),
  shutting_down: unavailable(503, 'Corvus is shutting down.', { retryable: true }),
  storage_unavailable: unavailable(503, 'The data folder cannot be written; check the disk.', {
    retryable: true,
  }),
  not_running: unavailable(503, 'Corvus is not running.', { retryable: true }),
  cancelled: invalid(409, 'Cancelled; nothing was changed.'),
  tool_file_unreadable: invalid(422, 'A settings file of this tool cannot be read, so nothing was changed.'),
  tool_file_unwritable: invalid(409, 'A settings file of this tool cannot be written, so nothing was changed.'),
  secret_unreadable: unavailable(503, 'A stored key cannot be decrypted on this machine; enter it again.'),
  internal_error: failure(500, 'Something failed inside Corvus.', { retryable: true }),
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof errorCatalogue;

/** An upstream's error in its own words and names. */
export interface SaidError {
  message: string;
  type: string | null;
  code: string | null;
  param: string | null;
}

/** Facts that accompany a refusal: extra members of the error body and response headers. */
export interface ErrorDetails {
  /** Members added to the error object, such as `required` or `topup_url`. */
  body?: Readonly<Record<string, string | number | boolean | null>>;
  /** The request field at fault, for `invalid_request_error`. */
  param?: string;
  /** Seconds; becomes `retry-after`. */
  retryAfterSeconds?: number;
  /** Response headers, such as the state of a rate limit. */
  headers?: Readonly<Record<string, string>>;
  /** Replaces the catalogue's: a configured one (402 for an empty balance), or that of what an upstream said. */
  status?: number;
  /** What an upstream said where it should have answered. It is shown as a refusal of the upstream would be. */
  said?: SaidError;
  /**
   * The status of an error that an upstream reported where it should have answered, shown or not. null: it named none;
   * absent: it reported no error.
   */
  reportedStatus?: number | null;
  /** The id of an earlier request that was the same, and ended like this: one more try would not help. */
  repeatOf?: string;
  /**
   * The whole body in another one's words, in the client's dialect. It replaces what would be made of the code and the
   * message.
   */
  answer?: string;
}

/** A refusal: a stable code, a sentence a person can act on, and the facts that go with it. */
export class CorvusError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message ?? errorCatalogue[code].message, cause === undefined ? undefined : { cause });
    this.name = 'CorvusError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? errorCatalogue[this.code].status;
  }
}

/** Turns any thrown value into a refusal. An unknown one becomes `internal_error` and keeps its cause for the log. */
export function toCorvusError(error: unknown): CorvusError {
  return error instanceof CorvusError ? error : new CorvusError('internal_error', undefined, {}, error);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
