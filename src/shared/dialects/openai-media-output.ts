import { type OutputMeter, sizeOf, sizeOfMedia } from './output-size.ts';
import { createSaidSoFar } from './said-so-far.ts';

const framing: ReadonlySet<string> = new Set([
  'id',
  'type',
  'object',
  'model',
  'speaker',
  'background',
  'output_format',
  'quality',
  'size',
  'logprobs',
  'usage',
  'error',
]);
const wholeType = /\.(done|completed)$/;

/** Events of spoken audio, transcriptions and pictures. */
export function createMediaMeter(): OutputMeter {
  const said = createSaidSoFar();
  return {
    take(event) {
      const { type, audio, ...rest } = event;
      const sound = typeof audio === 'string' ? sizeOfMedia(audio.length) : 0;
      const size = sound + sizeOf(rest, framing);
      return typeof type === 'string' && wholeType.test(type) ? said.raiseAll(size) : said.add(0, 0, size);
    },
  };
}
