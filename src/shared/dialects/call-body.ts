import { asObject, parseJson } from './json-value.ts';

/**
 * What a person gives to be estimated, as the body of a call: a JSON object is one, any other text is a prompt. null: it
 * is a prompt, and no model is named. @param model null: that of the body
 */
export function callBody(text: string, model: string | null): string | null {
  const body = asObject(parseJson(text));
  if (body) return model === null ? text : JSON.stringify({ ...body, model });
  return model === null ? null : JSON.stringify({ model, messages: [{ role: 'user', content: text }] });
}
