import type { Core, CoreOptions, PortChoice } from '#core/core.ts';
import type { Ports, SandboxHost } from '#core/ports.ts';
import type { Installation } from '../host/installation.ts';

/** What the shell runs with; a test brings its own. */
export interface ShellHost {
  platform: NodeJS.Platform;
  environment: NodeJS.ProcessEnv;
  /** `process.argv`. */
  parameters: readonly string[];
  execPath: string;
  userHome: string;
  /** The data folder. */
  homePath: string;
  installation: Installation;
  port: PortChoice;
  createCore: (options: CoreOptions, ports: Ports) => Core;
  sandbox: SandboxHost;
  /** Reports uncaught exceptions. */
  process: Pick<NodeJS.Process, 'on' | 'prependListener'>;
}

/** Links that arrive, also before there is anything to show them. */
export interface LinkInbox {
  /** From now on, and for what came before, calls `onLink`; `onSecondStart` for each further start of the app. */
  open(onLink: (link: string) => void, onSecondStart: () => void): void;
}
