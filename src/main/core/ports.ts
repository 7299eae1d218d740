import type { Clock, Logger, Random } from '#shared/ports.ts';

/** Everything the core needs from the world. Each host (Electron, plain Node, a test) brings its own. */
export interface Ports {
  clock: Clock;
  random: Random;
  logger: Logger;
  paths: Paths;
  secrets: SecretStore;
  notify: Notify;
  openExternal: OpenExternal;
  sandbox: SandboxHost;
  userSpace: UserSpace;
}

export interface Paths {
  /** The data folder; exists, mode 0700. */
  home: string;
  database: string;
  sandboxDatabase: string;
}

/**
 * Where keys are stored. Names are ours (`account.customer-key`, `provider.<id>.<key>`); values leave only towards
 * their upstream.
 */
export interface SecretStore {
  /** null: nothing is stored under this name. Throws `secret_unreadable` when a stored value cannot be decrypted. */
  read(name: string): Promise<string | null>;
  write(name: string, secret: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** What the person should know and do about the keys, as others could have read them; null: nothing. */
  warning(): string | null;
  /** In plain words, for Settings: "macOS Keychain", "key file, readable by this user only". */
  readonly description: string;
}

export interface Notify {
  /** Shows a system notification, or the closest equivalent of the host. */
  show(notification: { title: string; body: string }): void;
}

export interface OpenExternal {
  /** Opens an https (or loopback http) page in the person's browser. */
  open(url: string): Promise<void>;
}

/** Starts the play-money service inside the app. */
export interface SandboxHost {
  start(options: { databasePath: string }): Promise<RunningSandbox>;
}

export interface RunningSandbox {
  /** `http://127.0.0.1:<port>` */
  baseUrl: string;
  customerKey: string;
  /** Where its damaged database was moved, if there was one. */
  movedTo: string | null;
  stop(): Promise<void>;
}

/** The person's own files and environment, where other programs keep their settings. */
export interface UserSpace {
  readonly platform: 'linux' | 'macos' | 'windows';
  /** The home folder. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder; empty when it cannot be read. */
  list(path: string): Promise<string[]>;
  /** A settings file, read through symbolic links; null when there is none. Throws `tool_file_unreadable`. */
  read(path: string): Promise<UserFile | null>;
  /**
   * Replaces or creates a file as a whole, with its mode, or readable by the person only. Readers see the old text or
   * the new one. Creates its folder. Throws `tool_file_unwritable`.
   */
  write(path: string, text: string): Promise<void>;
  /** The same for a file of ours, which only this person may read. A link in its place is refused. */
  writeOwn(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a folder if nothing is in it. */
  removeEmptyFolder(path: string): Promise<void>;
}

export interface UserFile {
  text: string;
  /** The file behind a symbolic link; null when it is none. */
  linksTo: string | null;
  /** Its permissions forbid writing. */
  isReadOnly: boolean;
}
