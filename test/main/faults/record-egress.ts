import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Loaded before the program, in each of its threads: writes down every name it asks for and every address it opens. */
function note(kind: string, what: unknown): void {
  appendFileSync(process.env['EGRESS_FILE'] ?? '', `${JSON.stringify([kind, what])}\n`);
}

function watch(owner: object, name: string, see: (given: unknown[]) => void): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  Reflect.set(owner, name, function (this: unknown, ...given: unknown[]): unknown {
    see(given);
    return Reflect.apply(original, this, given);
  });
}

/** `connect(options)`, `connect(port, host)` or `connect(path)`; Node itself passes one of these in a list. */
function addressOf(given: unknown[]): unknown {
  const [first, second] = given.flat();
  if (typeof first !== 'object' || first === null) return typeof first === 'string' ? first : second;
  return Reflect.get(first, 'path') ?? Reflect.get(first, 'host');
}

watch(net.Socket.prototype, 'connect', (given) => note('connect', addressOf(given) ?? 'localhost'));
for (const resolver of [dns, dns.promises])
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6'])
    watch(resolver, name, ([host]) => note('name', host));
watch(dgram, 'createSocket', () => note('datagrams', 'opened'));
syncBuiltinESMExports();
note('watching', process.pid);
