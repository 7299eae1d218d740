import type { PagePath } from '#shared/contract/app-pages.ts';

export const linkScheme = 'corvusllm';

const targets: Readonly<Record<string, PagePath | null>> = { open: null, topup: '/billing' };
const shape = /^corvusllm:\/\/([a-z]{1,16})\/?$/;

/** Where a link leads; `page` null means wherever the window was left. */
export interface DeepLink {
  page: PagePath | null;
}

/**
 * Reads a `corvusllm://` link that only shows a page. What a link wants to set is read by the core, which holds it
 * until the person has seen it and says yes.
 */
export function parseDeepLink(text: string): DeepLink | null {
  const name = shape.exec(text)?.[1];
  if (name === undefined || !Object.hasOwn(targets, name)) return null;
  return { page: targets[name] ?? null };
}

/** The links among a process's arguments. Nothing else of the arguments is looked at. */
export function linksAmong(parameters: readonly string[]): string[] {
  return parameters.filter((parameter) => parameter.toLowerCase().startsWith(`${linkScheme}:`));
}
