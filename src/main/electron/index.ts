import { homedir } from 'node:os';
import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
} from 'electron';
import { insistOnCertificates } from '#shared/insist-on-certificates.ts';
import { createCore } from '#core/create-core.ts';
import { homePathHere } from '../host/home.ts';
import { findInstallation } from '../host/installation.ts';
import { sandbox } from '../sandbox.ts';
import { startShell } from './start-shell.ts';

// Everything this process creates is for this user alone.
process.umask(0o077);

const warning = insistOnCertificates(process.env);
if (warning !== null) process.stderr.write(warning);

void startShell(
  {
    app,
    BrowserWindow,
    clipboard,
    dialog,
    ipcMain,
    Menu,
    nativeImage,
    nativeTheme,
    Notification,
    powerMonitor,
    protocol,
    safeStorage,
    screen,
    session,
    shell,
    Tray,
  },
  {
    platform: process.platform,
    environment: process.env,
    parameters: process.argv,
    execPath: process.execPath,
    userHome: homedir(),
    homePath: homePathHere(undefined),
    installation: findInstallation(import.meta.dirname),
    port: { from: 'setting', moveTo: null },
    createCore,
    sandbox,
    process,
  },
);
