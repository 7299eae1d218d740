import type { CredentialMask } from './credential-mask.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/**
 * A reply without the credential that was sent for it, wherever the upstream, or a proxy before it, has put it. Applied
 * where a reply enters the engine, so no relay, row, log or trace after it ever holds the credential.
 */
export function maskReply(reply: UpstreamReply, mask: CredentialMask | null): UpstreamReply {
  if (mask === null) return reply;
  return {
    ...reply,
    headers: mask.headers(reply.headers),
    async read(onChunk) {
      const stream = mask.stream();
      try {
        await reply.read((chunk) => {
          const clean = stream.push(chunk);
          if (clean.length > 0) onChunk(clean);
        });
      } finally {
        // A reply that broke off is also passed on up to its last byte.
        const rest = stream.flush();
        if (rest.length > 0) onChunk(rest);
      }
    },
  };
}
