/** A form of a page, as a browser reads it. */
export interface PageForm {
  action: string;
  /** What a browser sends when nothing is changed. */
  values: Record<string, string>;
  /** Of password fields: they come empty. */
  secrets: string[];
  markup: string;
}

/** The forms of a page that change something. */
export function formsOf(page: string): PageForm[] {
  return [...page.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)].flatMap(([, head = '', markup = '']) => {
    const { method, action = '' } = attributesOf(head);
    if (method !== 'post') return [];
    const inputs = [...markup.matchAll(/<input\b([^>]*)>/g)].map(([, attributes = '']) => attributesOf(attributes));
    const values: Record<string, string> = {};
    for (const { name = '', value = 'on', type = 'text', ...rest } of inputs) {
      const isChoice = type === 'checkbox' || type === 'radio';
      if (!('disabled' in rest) && (!isChoice || 'checked' in rest)) values[name] = sent(type, value);
    }
    for (const [, attributes = '', text = ''] of markup.matchAll(/<textarea\b([^>]*)>([^]*?)<\/textarea>/g))
      // The first line break is none of the text; the others are sent as two characters.
      values[attributesOf(attributes)['name'] ?? ''] = decoded(text.replace(/^\n/, '')).replaceAll(/\r?\n/g, '\r\n');
    for (const [, attributes = '', options = ''] of markup.matchAll(/<select\b([^>]*)>([^]*?)<\/select>/g)) {
      const all = [...options.matchAll(/<option\b([^>]*)>/g)].map(([, option = '']) => attributesOf(option));
      const chosen = all.find((option) => 'selected' in option) ?? all[0];
      values[attributesOf(attributes)['name'] ?? ''] = chosen?.['value'] ?? '';
    }
    const secrets = inputs.filter(({ type }) => type === 'password').map(({ name = '' }) => name);
    return [{ action, values, secrets, markup }];
  });
}

/** The attributes of the element that has the focus when the page opens; null: none. */
export function focused(page: string): { name: string; attributes: Record<string, string> } | null {
  const [, name = '', attributes = ''] = /<(\w+)\b([^>]*\sautofocus\b[^>]*)>/.exec(page) ?? [];
  return name === '' ? null : { name, attributes: attributesOf(attributes) };
}

/** A browser takes the line breaks out of a line, and what is no time out of a field for one. */
function sent(type: string, value: string): string {
  if (type !== 'datetime-local') return value.replaceAll(/[\r\n]/g, '');
  const [, day = '', minutes = '', seconds = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?$/.exec(value) ?? [];
  return day === '' ? '' : `${day}T${minutes}${seconds.replace(/^:00(\.0+)?$/, '')}`;
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decoded(value)]));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decoded(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => entities[name] ?? whole);
}
