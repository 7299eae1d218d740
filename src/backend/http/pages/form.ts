import { html, raw } from 'hono/html';
import { CorvusError } from '#shared/errors.ts';
import { sentenceOf } from '../read-input.ts';
import type { Html } from './frame.ts';
import { options } from './parts.ts';

/** A form that was refused. The page that has it shows it again with what was typed, and why it was refused. */
export interface RefusedForm {
  /** The path that it was sent to. */
  action: string;
  typed: Readonly<Record<string, string>>;
  error: CorvusError;
}

/** A refusal for who they are is one of the secret that they typed. */
export function blamedOnField(error: CorvusError, param: string): CorvusError {
  const { code, message, details, status } = error;
  return status === 401 || status === 403 ? new CorvusError(code, message, { ...details, param }) : error;
}

interface FormPart {
  action: string;
  look?: string;
  refused: RefusedForm | null;
  content: (fields: Fields) => Html;
}

/** A form of a page. Where it was refused, the sentence is at its wrong field or at its top, and the focus is there. */
export function formPart({ action, look = 'card', refused, content }: FormPart): Html {
  const own = refused?.action === action ? refused : null;
  const fields = createFields(own);
  // Only now is it known whether the sentence is at a field.
  const inner = content(fields);
  const said = own && !fields.hasSaid;
  return html`<form class="${look}" method="post" action="${action}">
    ${said ? html`<p id="${refusalId}" class="note" role="alert" tabindex="-1" autofocus>${own.error.message}</p>` : ''}${inner}
  </form>`;
}

/** Of the sentence that says why a form was refused. */
const refusalId = 'refusal';

/** Whether a page says why its form was refused: it may not have the form any more. */
export async function saysRefusal(body: Html): Promise<boolean> {
  return String(await body).includes(`id="${refusalId}"`);
}

interface Field {
  name: string;
  label: Html | string;
  /** What is stored; a field that was refused holds what was typed. */
  value?: string | null;
}

type Attributes = Readonly<Record<string, string | number>>;

/** The fields of a form, with what is stored or, where the form was refused, with what was typed. */
export interface Fields {
  readonly isRefused: boolean;
  /** Whether one of them says what is wrong. */
  readonly hasSaid: boolean;
  valueOf(name: string, stored: string): string;
  isTicked(name: string, stored: boolean): boolean;
  /**
   * The id of what the form makes, so that a form that is sent twice makes it once. Of what exists already, the form that
   * is shown again makes another.
   */
  newId(name: string, fresh: string): Html;
  /** One line of text, optional unless `required` is among the attributes. */
  input(field: Field, attributes?: Attributes): Html;
  /** A password field: what was typed is not sent back. */
  secret(field: Omit<Field, 'value'>, attributes?: Attributes): Html;
  area(field: Field, attributes?: Attributes): Html;
  select(field: Field, names: readonly (readonly [value: string, name: string])[]): Html;
}

/** Of a field for an amount of US dollars, as precise as the ledger. */
export const dollarAttributes = {
  inputmode: 'decimal',
  pattern: String.raw`\d{1,9}(\.\d{1,9})?`,
  title: 'An amount such as 20.00',
} as const;

function createFields(refused: RefusedForm | null): Fields {
  const typed = refused?.typed ?? null;
  const wrong = refused?.error.details.param?.split('.') ?? [];
  let hasSaid = false;
  const valueOf = (name: string, stored: string): string => typed?.[name] ?? stored;

  function field({ name, label }: Field, control: (marks: Html | string) => Html): Html {
    if (!refused || hasSaid || !wrong.includes(name)) return html`<label>${label}${control('')}</label>`;
    hasSaid = true;
    const marks = html` aria-invalid="true" aria-describedby="${refusalId}" autofocus`;
    return html`<div class="wrong">
      <label>${label}${control(marks)}</label>
      <p id="${refusalId}" role="alert">${sentenceOf(refused.error)}</p>
    </div>`;
  }

  function line(of: Field, attributes: Attributes, value: string): Html {
    const all = { autocomplete: 'off', ...attributes };
    return field(of, (marks) => html`<input name="${of.name}" value="${value}" ${attributesOf(all)}${marks} />`);
  }

  return {
    isRefused: refused !== null,
    get hasSaid() {
      return hasSaid;
    },
    valueOf,
    isTicked: (name, stored) => (typed === null ? stored : name in typed),
    newId(name, fresh) {
      const isMade = refused?.error.code === 'conflict';
      return html`<input type="hidden" name="${name}" value="${isMade ? fresh : valueOf(name, fresh)}" />`;
    },
    input: (of, attributes = {}) => line(of, attributes, valueOf(of.name, of.value ?? '')),
    secret: (of, attributes = {}) => line(of, { type: 'password', required: '', ...attributes }, ''),
    area: (of, attributes = {}) =>
      field(
        of,
        // A browser takes the first line break away.
        (marks) =>
          html`<textarea name="${of.name}" ${attributesOf(attributes)}${marks}>
${valueOf(of.name, of.value ?? '')}</textarea>`,
      ),
    select: (of, names) =>
      field(
        of,
        (marks) =>
          html`<select name="${of.name}" ${marks}>
            ${options(names, valueOf(of.name, of.value ?? ''))}
          </select>`,
      ),
  };
}

function attributesOf(attributes: Attributes): Html[] {
  return Object.entries(attributes).map(([name, value]) => html` ${raw(name)}="${String(value)}"`);
}
