/** Beyond this many items, the source waits for the consumer. */
const mostWaiting = 500;

/**
 * Yields everything that arrived while the previous batch was processed; a slow source gives batches of one. An error
 * of the source is thrown after its last item. The source is read ahead, so a consumer that stops early must end it.
 */
export async function* inBatches<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  const waiting: Item[] = [];
  let came = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  let isOver = false;
  const reading = (async () => {
    for await (const item of source) {
      waiting.push(item);
      came.resolve();
      if (waiting.length >= mostWaiting) await taken.promise;
    }
  })().finally(() => {
    isOver = true;
    came.resolve();
  });
  // It is awaited below.
  reading.catch(() => undefined);
  while (!isOver || waiting.length > 0) {
    await came.promise;
    came = isOver ? came : Promise.withResolvers();
    if (waiting.length > 0) yield waiting.splice(0);
    taken.resolve();
    taken = Promise.withResolvers();
  }
  await reading;
}
