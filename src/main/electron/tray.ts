import { join } from 'node:path';
import type { Core } from '#core/core.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Balance } from '#shared/domain/balance.ts';
import type { EnvelopeState } from '#shared/domain/envelope.ts';
import type { PagePath } from '#shared/contract/app-pages.ts';
import { minuteMs } from '#shared/time.ts';
import type { ElectronApi } from './electron-api.ts';
import { envelopeItems } from './envelope-items.ts';
import { type SpendToday, type TrayState, type TrayView, trayView } from './tray-view.ts';

export interface TrayOptions {
  electron: Pick<ElectronApi, 'Menu' | 'Tray' | 'app' | 'clipboard' | 'nativeImage'>;
  core: Pick<Core, 'handlers' | 'on'>;
  clock: Clock;
  logger: Logger;
  platform: NodeJS.Platform;
  iconFolder: string;
  gatewayUrl: string;
  showWindow: (page?: PagePath) => void;
}

// Ages change by the minute, and a day ends at midnight.
const refreshMs = minuteMs;
// Requests can come by the hundred; the tray follows at a pace a person can read.
const settleMs = 1_000;

/** The tray icon with the balance, kept up to date until the app ends. Resolves when it first shows. */
export async function showTray(options: TrayOptions): Promise<void> {
  const { electron, core, clock, logger, platform, iconFolder } = options;
  const icon = (state: TrayState) => trayIcon(electron.nativeImage, iconFolder, state, platform);
  const tray = new electron.Tray(icon('unknown'));
  let shownState: TrayState = 'unknown';
  let balance: Balance = { state: 'unknown', reason: 'Not asked yet.' };
  let today: SpendToday | null = null;
  let lowBalance: string | null = null;
  let envelopes: readonly EnvelopeState[] = [];
  let cancelPending: (() => void) | null = null;

  function render(): void {
    const view = trayView({ balance, today, lowBalance, nowMs: clock.nowMs() });
    if (view.state !== shownState) tray.setImage(icon(view.state));
    shownState = view.state;
    tray.setToolTip(`Corvus\n${view.balanceLine}\n${view.spendLine}`);
    if (platform === 'darwin') tray.setTitle(view.title);
    tray.setContextMenu(electron.Menu.buildFromTemplate(trayMenu(view, envelopes, options)));
  }

  async function refresh(): Promise<void> {
    try {
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      balance = await core.handlers['balance.get']({ refresh: false });
      today = (await core.handlers['balance.spend']({ timeZone })).today;
      envelopes = await core.handlers['envelopes.list'](undefined);
    } catch (cause) {
      logger.warn('tray.not-refreshed', { cause });
    }
    render();
  }

  function refreshSoon(): void {
    cancelPending ??= clock.after(settleMs, () => {
      cancelPending = null;
      void refresh();
    });
  }

  core.on('balance.changed', (changed) => {
    balance = changed;
    render();
  });
  core.on('envelopes.changed', (changed) => {
    ({ envelopes } = changed);
    render();
  });
  core.on('requests.changed', refreshSoon);
  core.on('account.changed', refreshSoon);
  core.on('settings.changed', (settings) => {
    ({ lowBalance } = settings);
    render();
  });
  clock.every(refreshMs, () => void refresh());
  tray.on('click', () => options.showWindow());
  ({ lowBalance } = await core.handlers['settings.get'](undefined));
  await refresh();
}

function trayMenu(
  view: TrayView,
  envelopes: readonly EnvelopeState[],
  { core, electron, gatewayUrl, showWindow, logger }: TrayOptions,
): Electron.MenuItemConstructorOptions[] {
  const copyText = (text: string) =>
    electron.clipboard.writeText(text).catch((cause: unknown) => logger.warn('clipboard.failed', { cause }));
  const copy = (label: string, path: string) => ({ label, click: () => void copyText(`${gatewayUrl}${path}`) });
  return [
    { label: view.balanceLine, enabled: false },
    { label: view.spendLine, enabled: false },
    ...envelopeItems(envelopes, core.handlers, (cause) => logger.warn('tray.envelope-not-changed', { cause })),
    { type: 'separator' },
    { label: 'Open Corvus', click: () => showWindow() },
    { label: 'Top up…', click: () => showWindow('/billing') },
    { label: 'Run the doctor…', click: () => showWindow('/doctor') },
    { type: 'separator' },
    copy('Copy base URL (OpenAI)', '/v1'),
    copy('Copy base URL (Anthropic)', '/anthropic'),
    { type: 'separator' },
    { label: 'Quit Corvus', click: () => electron.app.quit() },
  ];
}

/** One picture for each state; macOS tints template images itself, so there the shape tells the state. */
function trayIcon(
  nativeImage: ElectronApi['nativeImage'],
  folder: string,
  state: TrayState,
  platform: NodeJS.Platform,
): Electron.NativeImage {
  const name = platform === 'darwin' ? `tray-${state}-Template.png` : `tray-${state}.png`;
  return nativeImage.createFromPath(join(folder, name));
}
