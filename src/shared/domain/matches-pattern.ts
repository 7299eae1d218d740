/** Whether a model's name matches a pattern in which `*` stands for any text. */
export function matchesPattern(pattern: string, model: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === model;
  if (!model.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let position = first.length;
  for (const part of rest) {
    const found = model.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return model.length - last.length >= position && model.endsWith(last);
}
