/**
 * The pages of the app, in the order of its menus: the window's navigation and the application menu are made from this
 * list.
 */
export const appPages = [
  { path: '/', name: 'Overview' },
  { path: '/requests', name: 'Requests' },
  { path: '/usage', name: 'Usage' },
  { path: '/models', name: 'Models' },
  { path: '/billing', name: 'Billing' },
  { path: '/tools', name: 'Tools' },
  { path: '/keys', name: 'Keys' },
  { path: '/envelopes', name: 'Envelopes' },
  { path: '/providers', name: 'Providers' },
  { path: '/plans', name: 'Plans' },
  { path: '/doctor', name: 'Doctor' },
  { path: '/start', name: 'Get started' },
  { path: '/settings', name: 'Settings' },
] as const;

export type PagePath = (typeof appPages)[number]['path'];
