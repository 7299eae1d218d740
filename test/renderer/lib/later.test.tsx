import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { later } from '../../../src/renderer/lib/later.tsx';

function Hello({ name }: { name: string }) {
  return <p>Hello {name}</p>;
}

test('a part that was loaded before is there at once; nothing is shown until then', async () => {
  const Part = later(async () => Hello);
  expect(renderToStaticMarkup(<Part name="you" />)).toBe('');
  await Part.load();
  expect(renderToStaticMarkup(<Part name="you" />)).toBe('<p>Hello you</p>');
});

test('a part is loaded once, and again where it could not be loaded', async () => {
  const fetchPart = vi.fn(async () => Hello).mockRejectedValueOnce(new Error('away'));
  const Part = later(fetchPart);
  await Part.load();
  expect(renderToStaticMarkup(<Part name="you" />)).toBe('');
  await Part.load();
  await Part.load();
  expect(fetchPart).toHaveBeenCalledTimes(2);
});
