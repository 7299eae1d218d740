import { setPriority } from 'node:os';
import { z } from 'zod';
import { attacks, type Scale, type Victim } from './attacks.ts';

// `node attacker.ts <JSON>`: runs attacks for so long in a process of its own, prints "started", and ends by itself.

const nicest = 19;
const victimSchema = z.object({ url: z.string(), key: z.string(), eventsPath: z.string().nullable() });
const scaleSchema = z.object({
  sizeMiB: z.number(),
  readers: z.number(),
  streams: z.number(),
  slowUpstreams: z.number(),
  slowloris: z.number(),
  bombs: z.number(),
});
const orderSchema = z.object({
  names: z.array(z.string()),
  victim: victimSchema,
  scale: scaleSchema,
  seconds: z.number().max(120),
});

async function main(text: string): Promise<void> {
  const { names, victim, scale, seconds }: { names: string[]; victim: Victim; scale: Scale; seconds: number } =
    orderSchema.parse(JSON.parse(text));
  // What is measured is the service's own delay, not the want of a processor that the attacker took from it.
  setPriority(nicest);
  const attacking = new AbortController();
  // Sockets that are not read do not keep a process alive; neither does the timer of a signal.
  setTimeout(() => attacking.abort(), seconds * 1000);
  const over = attacking.signal;
  const running = names.flatMap((name) => attacks[name]?.(victim, scale, over) ?? []);
  process.stdout.write('started\n');
  await Promise.all(running);
  process.exit(0);
}

await main(process.argv[2] ?? '{}');
