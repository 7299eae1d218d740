import type { AutoTopup } from '#shared/account/auto-topup.ts';
import { pausedWords } from '#shared/account/auto-topup-words.ts';
import type { AccountConnection } from '#shared/contract/account.ts';
import type { Notice } from '#shared/contract/app.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { StatementFault, StatementReport } from '#shared/account/statement-report.ts';
import type { Ports } from '../ports.ts';
import type { Store, StoreTrouble } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import type { OllamaAddress } from './settings-service.ts';

export interface AppServiceDeps {
  ports: Pick<Ports, 'clock' | 'secrets' | 'paths'>;
  store: Pick<Store, 'movedTo' | 'onTrouble' | 'onRecovered'>;
  version: string;
  emit: Emit;
  gatewayUrl(): string | null;
  ollama: Pick<OllamaAddress, 'state'>;
  connection(): AccountConnection;
  damagedSandbox(): string | null;
  /** Why the last backup failed, or null. */
  backupProblem(): string | null;
  /** The result of checking the account's statement; null before the check. */
  statement(): StatementReport | null;
}

export interface AppService {
  handlers: Pick<Handlers, 'app.status'>;
  /** Something that a notice depends on has changed. */
  changed(): void;
  stop(): void;
}

export function createAppService(parts: AppServiceDeps): AppService {
  const { ports, store, version, emit, gatewayUrl, ollama, connection, damagedSandbox, backupProblem, statement } =
    parts;
  const startedAtMs = ports.clock.nowMs();
  let trouble: StoreTrouble | null = null;
  let lastReported = '[]';

  function notices(): Notice[] {
    const { problem, autoTopup } = connection();
    const sandboxMovedTo = damagedSandbox();
    const backupFailure = backupProblem();
    const fault = statement()?.firstFault ?? null;
    const ollamaProblem = ollama.state()?.problem ?? null;
    const exposure = ports.secrets.warning();
    return [
      ...(trouble ? [troubleNotice(trouble)] : []),
      ...(store.movedTo === null ? [] : [damageNotice(store.movedTo)]),
      ...(sandboxMovedTo === null ? [] : [sandboxDamageNotice(sandboxMovedTo)]),
      ...(backupFailure === null ? [] : [backupNotice(backupFailure)]),
      ...(fault === null ? [] : [statementNotice(fault)]),
      ...(exposure === null ? [] : [exposureNotice(exposure)]),
      ...(ollamaProblem === null ? [] : [ollamaNotice(ollamaProblem)]),
      ...(problem === null ? [] : [accountNotice(problem)]),
      ...(autoTopup?.status === 'paused' ? [pausedNotice(autoTopup)] : []),
    ];
  }

  function changed(): void {
    const now = notices();
    const text = JSON.stringify(now);
    if (text === lastReported) return;
    lastReported = text;
    emit('app.notices-changed', { notices: now });
  }

  const stopTrouble = store.onTrouble((what) => {
    trouble = what;
    changed();
  });
  const stopRecovered = store.onRecovered(() => {
    trouble = null;
    changed();
  });
  const handlers = {
    'app.status': async () => ({
      version,
      gatewayUrl: gatewayUrl() ?? '',
      ollama: ollama.state(),
      homePath: ports.paths.home,
      startedAtMs,
      pid: process.pid,
      mode: connection().mode,
      secretBackend: ports.secrets.description,
      notices: notices(),
    }),
  } satisfies AppService['handlers'];

  return {
    handlers,
    changed,
    stop() {
      stopTrouble();
      stopRecovered();
    },
  };
}

function ollamaNotice(text: string): Notice {
  return { id: 'gateway.ollama-port', level: 'warning', title: 'Ollama’s clients get no answer', text };
}

function accountNotice(text: string): Notice {
  return { id: 'account.problem', level: 'warning', title: 'The account cannot be reached', text };
}

function pausedNotice({ pausedReason }: AutoTopup): Notice {
  return {
    id: 'account.auto-topup',
    level: 'warning',
    title: 'Automatic top-ups are paused',
    text: `${pausedWords(pausedReason)} The account’s dashboard has the switch; Billing leads there.`,
  };
}

function exposureNotice(text: string): Notice {
  return { id: 'secrets.exposed', level: 'warning', title: 'The stored keys may be known to others', text };
}

function statementNotice({ text }: StatementFault): Notice {
  return {
    id: 'account.statement',
    level: 'error',
    title: 'The statement of the account has changed since it was recorded',
    text: `${text} See Billing.`,
  };
}

function troubleNotice({ message }: StoreTrouble): Notice {
  return {
    id: 'store.trouble',
    level: 'error',
    title: 'Requests cannot be written to disk',
    text: `Calls are still served; their rows wait in memory and are written when the disk works again. ${message}`,
  };
}

function damageNotice(movedTo: string): Notice {
  return {
    id: 'store.damaged',
    level: 'warning',
    title: 'The database was damaged',
    text: `Corvus created a new one and kept the damaged file as ${movedTo}. Balance and ledger are downloaded again; to have keys, providers and history again, quit Corvus and run \`corvusllm restore\` with the newest backup; Settings say where backups are.`,
  };
}

function backupNotice(reason: string): Notice {
  return {
    id: 'backup.failed',
    level: 'warning',
    title: 'No backup could be made',
    text: `${reason} The backups from before are still there, and Corvus tries again in an hour.`,
  };
}

function sandboxDamageNotice(movedTo: string): Notice {
  return {
    id: 'sandbox.damaged',
    level: 'warning',
    title: 'The play-money database was damaged',
    text: `The play-money service started again with a fresh balance and kept the damaged file as ${movedTo}. Nothing of value is lost.`,
  };
}
