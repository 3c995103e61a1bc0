import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readEventStream, type StreamEvent } from '../../../src/cli/client/event-stream.js';

async function* inPieces(text: string, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, end] of at.slice(1).entries()) yield bytes.subarray(at[index], end);
}

async function read(text: string, cuts: readonly number[] = []): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of readEventStream(inPieces(text, cuts))) events.push(event);
  return events;
}

test('events are the same however the stream is cut', async () => {
  const text = 'id: 1\nevent: a\ndata: {"n":"ü🙂"}\n\n: comment\n\nid: 2\nevent: b\ndata: x\ndata: y\n\n';
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
      assert.deepEqual(await read(text, cuts), [
        { id: '1', event: 'a', data: '{"n":"ü🙂"}' },
        { id: '2', event: 'b', data: 'x\ny' },
      ]);
    }),
  );
});

test('carriage returns before line feeds do not count', async () => {
  assert.deepEqual(await read('id: 1\r\ndata: x\r\n\r\n'), [{ id: '1', event: null, data: 'x' }]);
});

test('an event that the stream breaks off in is none', async () => {
  assert.deepEqual(await read('id: 1\ndata: x\n'), []);
});
