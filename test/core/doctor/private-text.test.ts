import { expect, test } from 'vitest';
import { withoutPaths, withoutQuotes } from '#core/doctor/private-text.ts';

const leftOut = '[quoted text left out]';

test.each([
  [
    `Invalid prompt: "I don't want anyone to know about the merger with Acme next week"`,
    `Invalid prompt: "${leftOut}"`,
  ],
  [`Invalid: 'we don't tell anyone about "Acme" yet', sorry`, `Invalid: '${leftOut}', sorry`],
  ['Invalid: “it’s the merger with "Acme" next week” (400)', `Invalid: “${leftOut}” (400)`],
  ['Ungültig: „die Fusion mit Acme ist nächste Woche“.', `Ungültig: „${leftOut}“.`],
  ['Refusé : «la fusion avec Acme est pour lundi»', `Refusé : «${leftOut}»`],
  ['Bad body: {\\"content\\": \\"it is "the" merger with Acme\\"}', `Bad body: {\\"content\\": \\"${leftOut}"}`],
  [
    `The provider's model 'gpt-4.1' has no parameter "top_k".`,
    `The provider's model 'gpt-4.1' has no parameter "top_k".`,
  ],
  [`Cannot open "/srv/clients/acme merger"`, `Cannot open "${leftOut}"`],
  ['No route "/v1/chat/completions"', 'No route "/v1/chat/completions"'],
  ['', ''],
])('what an upstream quotes is left out, names of models and parameters stay: %s', (message, expected) => {
  expect(withoutQuotes(message)).toBe(expected);
});

test.each([
  ['/srv/clients/acme-merger/plan.pdf', '[path left out]'],
  ['cannot read ~/acme-merger/plan.pdf: gone', 'cannot read [path left out] gone'],
  ['(/home/bob/Acme merger/plan.pdf) and /tmp/x', '([path left out]) and [path left out]'],
  ['path=/home/bob/acme', 'path=[path left out]'],
  [String.raw`C:\Users\bob\Acme Merger\plan.pdf`, '[path left out]'],
  [String.raw`\\server\acme\plan.pdf`, '[path left out]'],
  ['file:///home/bob/acme/plan.pdf', '[path left out]'],
  ['../acme-merger/plan.pdf', '[path left out]'],
  ['/v1/chat/completions', '/v1/chat/completions'],
  ['/v1beta/models/gemini-2.5-pro:generateContent', '/v1beta/models/gemini-2.5-pro:generateContent'],
  ['/anthropic/v1/messages', '/anthropic/v1/messages'],
  [
    'see https://example.com/docs/errors, or codex_cli/1.2.3',
    'see https://example.com/docs/errors, or codex_cli/1.2.3',
  ],
  ['meta-llama/Llama-3, application/json, 3 / 4', 'meta-llama/Llama-3, application/json, 3 / 4'],
])('paths are left out, endpoints and addresses stay: %s', (text, expected) => {
  expect(withoutPaths(text)).toBe(expected);
});
