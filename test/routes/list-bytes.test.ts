import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { StepDocument } from '../../src/engine/documents.js';
import { listBytes } from '../../src/routes/list-bytes.js';

const REST = { run: 'r', cursor: 'c', latest_step: null, next_page: null };

for (const count of [0, 1, 199, 200, 201, 400, 1000]) {
  it(`a list of ${count} steps is one JSON document, made in pieces between which others get their turn`, async () => {
    const items = Array.from({ length: count }, (_, step) => ({ step }) as unknown as StepDocument);
    let turns = 0;
    let done = false;
    const others = (async () => {
      for (; !done; turns += 1) await setImmediate();
    })();
    let text = '';
    for await (const piece of listBytes({ ...REST, items })) text += piece.toString();
    done = true;
    await others;
    assert.deepEqual(JSON.parse(text), { ...REST, items });
    assert.ok(turns >= Math.floor(count / 200), `${turns} turns`);
  });
}
