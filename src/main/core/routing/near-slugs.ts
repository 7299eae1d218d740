const mostSuggestions = 3;

/** The slugs that look most like this one, nearest first: what a person probably meant. */
export function nearSlugs(wanted: string, known: Iterable<string>): string[] {
  const target = wanted.toLowerCase();
  const farthest = Math.max(2, Math.floor(target.length / 3));
  return [...new Set(known)]
    .map((slug) => ({ slug, distance: distanceTo(target, slug.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || (a.slug < b.slug ? -1 : 1))
    .slice(0, mostSuggestions)
    .map(({ slug }) => slug);
}

/** A slug that is contained counts as one step away: `gpt-5.5` is nearly `openai/gpt-5.5`. */
function distanceTo(a: string, b: string): number {
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 1;
  return editDistance(a, b);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
