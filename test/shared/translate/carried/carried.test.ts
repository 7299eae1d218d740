import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ofMessages } from './messages.ts';
import { rowsOf, type Samples } from './sample.ts';
import { ofSettings } from './settings.ts';
import { ofTools } from './tools.ts';

const columns = '| part of the request | of clients of | to chat | to Responses | to Messages | to Gemini | named |';

/** The table under a heading, one row a line. */
function tableUnder(page: string, heading: string): string[] {
  const lines = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8').split('\n');
  const start = lines.indexOf(columns, lines.indexOf(heading));
  return lines.slice(start + 2, lines.indexOf('', start));
}

function linesOf(samples: Samples): string[] {
  return rowsOf(samples).map(({ part, from, to, names }) => {
    const cells = [part, from.join(', '), ...to, names.map((name) => `\`${name}\``).join(', ')];
    return `| ${cells.join(' | ')} |`.replaceAll(/ {2}/g, ' ');
  });
}

describe('what becomes of each part of a translated request is written as it is', () => {
  test.each<[string, string, Samples]>([
    ['routing.md', '### The conversation', ofMessages],
    ['routing.md', '### Tools', ofTools],
    ['providers.md', '## What a format carries of a request', ofSettings],
  ])('%s, %s', (page, heading, samples) => {
    expect(tableUnder(page, heading)).toEqual(linesOf(samples));
  });

  test('nothing is lost in silence but what means nothing here', () => {
    const silent = [ofMessages, ofTools, ofSettings].flatMap(rowsOf).filter(({ to }) => to.includes('lost in silence'));
    expect(silent.map(({ part }) => part)).toEqual([]);
  });
});
