import { z } from 'zod';
import type { Handlers } from '#shared/contract/contract.ts';
import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import { type LocalKeyId, localKeyIdSchema } from '#shared/ids.ts';
import { CorvusError } from '#shared/errors.ts';
import type { SecretStore } from '../ports.ts';
import { fillEnvironment, fillText, type Values } from './fill-recipe.ts';
import type { Recipe } from './recipe.ts';

const storedKeySchema = z.strictObject({ id: localKeyIdSchema, secret: z.string() });

/**
 * Keys of tools that get theirs in the environment or by hand, and of the doctor: one for each name, used again the
 * next time.
 */
export interface RunKeys {
  /** For one run, and not kept. */
  newKey(label: string): Promise<RunKey>;
  keyFor(name: string, label: string, route?: LocalKeyRoute): Promise<RunKey>;
}

export interface RunKey {
  keyId: LocalKeyId;
  secret: string;
  /** Made by this call. */
  isNewKey: boolean;
}

export function createRunKeys(
  secrets: SecretStore,
  calls: Pick<Handlers, 'keys.create' | 'keys.list' | 'keys.revoke'>,
): RunKeys {
  async function create(label: string, route: LocalKeyRoute): Promise<RunKey> {
    const { key, secret } = await calls['keys.create']({ label, route });
    return { keyId: key.id, secret, isNewKey: true };
  }

  return {
    newKey: (label) => create(label, 'auto'),
    async keyFor(name, label, route = 'auto') {
      const place = `tools.key.${name}`;
      const stored = await secrets.read(place);
      const known = stored === null ? null : storedKeySchema.parse(JSON.parse(stored));
      const isUsable = (await calls['keys.list'](undefined)).some(
        ({ id, revokedAtMs }) => id === known?.id && revokedAtMs === null,
      );
      if (known && isUsable) return { keyId: known.id, secret: known.secret, isNewKey: false };
      const created = await create(label, route);
      try {
        await secrets.write(place, JSON.stringify({ id: created.keyId, secret: created.secret }));
      } catch (error) {
        await calls['keys.revoke']({ id: created.keyId });
        throw error;
      }
      return created;
    },
  };
}

/** Throws `bad_request` for a tool that neither reads variables nor is set up by hand on this machine. */
export function refuseWithoutStart({ id, name, setup, environment }: Recipe): void {
  if (setup.kind === 'hosted-only') {
    throw new CorvusError(
      'bad_request',
      `Requests of ${name} come from the servers of its maker, which cannot reach this machine.`,
    );
  }
  if (setup.kind === 'files' && Object.keys(environment).length === 0) {
    throw new CorvusError(
      'bad_request',
      `${name} reads its settings from files only. \`corvusllm tools connect ${id}\` writes them.`,
    );
  }
}

/**
 * Throws `bad_request` for a tool without variables: a key for one run would reach it by a person's hand only, and be
 * left behind.
 */
export function refuseOneRun({ name, environment }: Recipe): void {
  if (Object.keys(environment).length > 0) return;
  throw new CorvusError('bad_request', `${name} is set up by hand, so it cannot get a key and a limit for one run.`);
}

/** For a command that is no known tool: what SDKs of both makers read. */
const anyCommand: Pick<Recipe, 'environment'> = {
  environment: {
    OPENAI_BASE_URL: '{{OPENAI_URL}}',
    OPENAI_API_BASE: '{{OPENAI_URL}}',
    OPENAI_API_KEY: '{{KEY}}',
    ANTHROPIC_BASE_URL: '{{ANTHROPIC_URL}}',
    ANTHROPIC_API_KEY: '{{KEY}}',
  },
};

export interface ToolEnvironment {
  variables: Record<string, string>;
  unset: string[];
  parameters: string[];
  steps: string[];
}

/** The environment, parameters and manual steps of a tool, or of any command when no tool is named. */
export function environmentFor(recipe: Recipe | null, values: Values): ToolEnvironment {
  const variables = fillEnvironment(recipe ?? anyCommand, values);
  const overriding = recipe?.overriding ?? ['ANTHROPIC_AUTH_TOKEN'];
  const { setup } = recipe ?? { setup: null };
  return {
    variables,
    unset: overriding.filter((name) => !Object.hasOwn(variables, name)),
    parameters: (recipe?.parameters ?? []).map((parameter) => fillText(parameter, values)),
    steps: setup && 'steps' in setup ? setup.steps.map((step) => fillText(step, values)) : [],
  };
}
