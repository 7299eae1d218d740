import type { Side } from '../http/pages/frame.ts';
import { portalStyle } from './portal-style.ts';

export const portalSide: Side = {
  name: 'dashboard',
  places: [
    ['/dashboard', 'Overview'],
    ['/dashboard/requests', 'Requests'],
    ['/dashboard/usage', 'Usage'],
    ['/dashboard/topups', 'Top-ups'],
    ['/dashboard/invoices', 'Invoices'],
    ['/dashboard/keys', 'Keys'],
    ['/dashboard/members', 'Members'],
    ['/dashboard/cap', 'Cap'],
  ],
  loginPath: '/dashboard/login',
  logoutPath: '/dashboard/logout',
  style: portalStyle,
};

export const leavePath = '/dashboard/members/leave';
