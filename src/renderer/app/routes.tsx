import {
  Boxes,
  Cable,
  ChartColumn,
  Gauge,
  KeyRound,
  ListTree,
  type LucideIcon,
  Mails,
  Plug,
  Rocket,
  Settings,
  Stethoscope,
  Wallet,
  Waypoints,
} from 'lucide-react';
import { type ComponentType, lazy } from 'react';
import { appPages, type PagePath } from '#shared/contract/app-pages.ts';
import { HomePage } from './home-page.tsx';

export interface PageRoute {
  path: PagePath;
  name: string;
  Icon: LucideIcon;
  Page: ComponentType;
  /** Loads the page's part of the program. */
  load(): Promise<unknown>;
}

/** A page whose part of the program is loaded when it is first opened, or before that when there is time. */
function later(load: () => Promise<ComponentType>): Pick<PageRoute, 'Page' | 'load'> {
  return { load, Page: lazy(async () => ({ default: await load() })) };
}

const pages: Readonly<Record<PagePath, Pick<PageRoute, 'Icon' | 'Page' | 'load'>>> = {
  // Nearly every visit begins here.
  '/': { Icon: Gauge, Page: HomePage, load: async () => HomePage },
  '/requests': {
    Icon: ListTree,
    ...later(async () => (await import('../features/requests/requests-page.tsx')).RequestsPage),
  },
  '/usage': { Icon: ChartColumn, ...later(async () => (await import('../features/usage/usage-page.tsx')).UsagePage) },
  '/models': { Icon: Boxes, ...later(async () => (await import('../features/models/models-page.tsx')).ModelsPage) },
  '/billing': {
    Icon: Wallet,
    ...later(async () => (await import('../features/billing/billing-page.tsx')).BillingPage),
  },
  '/tools': { Icon: Plug, ...later(async () => (await import('../features/tools/tools-page.tsx')).ToolsPage) },
  '/keys': { Icon: KeyRound, ...later(async () => (await import('../features/keys/keys-page.tsx')).KeysPage) },
  '/envelopes': {
    Icon: Mails,
    ...later(async () => (await import('../features/envelopes/envelopes-page.tsx')).EnvelopesPage),
  },
  '/providers': {
    Icon: Cable,
    ...later(async () => (await import('../features/providers/providers-page.tsx')).ProvidersPage),
  },
  '/plans': { Icon: Waypoints, ...later(async () => (await import('../features/plans/plans-page.tsx')).PlansPage) },
  '/doctor': {
    Icon: Stethoscope,
    ...later(async () => (await import('../features/doctor/doctor-page.tsx')).DoctorPage),
  },
  '/start': { Icon: Rocket, ...later(async () => (await import('./get-started-page.tsx')).GetStartedPage) },
  '/settings': {
    Icon: Settings,
    ...later(async () => (await import('../features/settings/settings-page.tsx')).SettingsPage),
  },
};

/** The navigation and the router are made from this list. */
export const routes: readonly PageRoute[] = appPages.map((page) => ({ ...page, ...pages[page.path] }));

/** The first page has what it shows by then. */
const untilShownMs = 2_000;

/** Loads every page while nothing else is to do, so that none is waited for when it is opened. */
export async function loadPagesWhenIdle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, untilShownMs));
  for (const { load } of routes) {
    await idle();
    // A page that cannot be loaded now is tried again when it is opened.
    await load().catch(() => undefined);
  }
}

/** Safari cannot say when it is. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, 200);
  });
}
