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
import type { ComponentType } from 'react';
import { appPages, type PagePath } from '#shared/contract/app-pages.ts';
import { type Later, later } from '../lib/later.tsx';
import { HomePage } from './home-page.tsx';

export interface PageRoute {
  path: PagePath;
  name: string;
  Icon: LucideIcon;
  Page: ComponentType | Later<object>;
}

const pages: Readonly<Record<PagePath, Pick<PageRoute, 'Icon' | 'Page'>>> = {
  // Nearly every visit begins here.
  '/': { Icon: Gauge, Page: HomePage },
  '/requests': {
    Icon: ListTree,
    Page: later(async () => (await import('../features/requests/requests-page.tsx')).RequestsPage),
  },
  '/usage': {
    Icon: ChartColumn,
    Page: later(async () => (await import('../features/usage/usage-page.tsx')).UsagePage),
  },
  '/models': { Icon: Boxes, Page: later(async () => (await import('../features/models/models-page.tsx')).ModelsPage) },
  '/billing': {
    Icon: Wallet,
    Page: later(async () => (await import('../features/billing/billing-page.tsx')).BillingPage),
  },
  '/tools': { Icon: Plug, Page: later(async () => (await import('../features/tools/tools-page.tsx')).ToolsPage) },
  '/keys': { Icon: KeyRound, Page: later(async () => (await import('../features/keys/keys-page.tsx')).KeysPage) },
  '/envelopes': {
    Icon: Mails,
    Page: later(async () => (await import('../features/envelopes/envelopes-page.tsx')).EnvelopesPage),
  },
  '/providers': {
    Icon: Cable,
    Page: later(async () => (await import('../features/providers/providers-page.tsx')).ProvidersPage),
  },
  '/plans': { Icon: Waypoints, Page: later(async () => (await import('../features/plans/plans-page.tsx')).PlansPage) },
  '/doctor': {
    Icon: Stethoscope,
    Page: later(async () => (await import('../features/doctor/doctor-page.tsx')).DoctorPage),
  },
  '/start': {
    Icon: Rocket,
    Page: later(async () => (await import('../features/start/start-page.tsx')).GetStartedPage),
  },
  '/settings': {
    Icon: Settings,
    Page: later(async () => (await import('../features/settings/settings-page.tsx')).SettingsPage),
  },
};

/** The navigation and the router are made from this list. */
export const routes: readonly PageRoute[] = appPages.map((page) => ({ ...page, ...pages[page.path] }));

/** By then, the first page has its data. */
const untilShownMs = 2_000;

/** Preloads every page while idle, so that opening one needs no wait. */
export async function loadPagesWhenIdle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, untilShownMs));
  for (const { Page } of routes) {
    if (!('load' in Page)) continue;
    await idle();
    await Page.load();
  }
}

/** Safari cannot say when it is. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, 200);
  });
}
