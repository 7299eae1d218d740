/** The names that the dialects have for the statuses of errors, and what an error's name says about its status. */

const openAiTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Google's names, which its SDKs read beside the number. */
const googleStatuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  504: 'DEADLINE_EXCEEDED',
};

export function openAiType(status: number): string {
  return openAiTypes[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
}

export function anthropicType(status: number): string {
  return anthropicTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

export function googleStatus(status: number): string {
  return googleStatuses[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT');
}

/** In names without case and separators; the first that fits counts: an invalid key is no invalid request. */
const statuses: readonly (readonly [RegExp, number])[] = [
  [/authentication|unauthenticated|unauthorized|apikey/, 401],
  [/billing|insufficientbalance|payment/, 402],
  [/permission|forbidden/, 403],
  [/notfound/, 404],
  [/ratelimit|toomanyrequests|resourceexhausted|quota/, 429],
  [/overload|slowdown|unavailable/, 503],
  [/timeout|timedout|deadlineexceeded/, 504],
  [/requesttoolarge|payloadtoolarge/, 413],
  // An answer that is invalid is the upstream's own fault.
  [
    /invalid(?!.*(response|output)(error|exception)?$)|badrequest|unsupported|failedprecondition|context(length|size)/,
    400,
  ],
  [/servererror|apierror|internal/, 500],
];

/** The status that a refusal of this name would have, in any dialect; null where the name does not tell. */
export function statusOfName(name: string): number | null {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  return statuses.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}
