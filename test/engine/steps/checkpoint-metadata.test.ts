import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CheckpointMetadata,
  MetadataError,
  parseCheckpointMetadata,
  parseMetrics,
} from '../../../src/engine/steps/checkpoint-metadata.js';
import { fixturePath } from '../../support/fixtures.js';

const handler = 'orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler';

function parse(text: string): CheckpointMetadata {
  return parseCheckpointMetadata(Buffer.from(text));
}

function refused(text: string | Uint8Array, sentence: RegExp): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  assert.throws(
    () => parseCheckpointMetadata(bytes),
    (error: unknown) => {
      assert.ok(error instanceof MetadataError, String(error));
      assert.match(error.message, sentence);
      assert.match(error.message, /^_CHECKPOINT_METADATA.*\.$/s);
      return true;
    },
  );
}

describe('parseCheckpointMetadata on genuine files', () => {
  it('reads every committed fixture', () => {
    const found: Record<string, readonly string[] | null> = {};
    for (const run of readdirSync(fixturePath('')))
      for (const step of readdirSync(fixturePath(run))) {
        const bytes = readFileSync(fixturePath(`${run}/${step}/_CHECKPOINT_METADATA`));
        const metadata = parseCheckpointMetadata(bytes);
        found[run] = metadata.items;
        for (const field of ['init', 'commit'])
          assert.ok(bytes.toString().includes(`"${field}_timestamp_nsecs": ${timestamp(metadata, field)}`));
      }
    assert.deepEqual(found, {
      composite: ['dataset', 'state'],
      direct: [],
      padded: ['default'],
      plain: ['default', 'metrics'],
    });
  });

  it('reads custom metadata, and empty metrics where they are an item', () => {
    const metadata = parseCheckpointMetadata(readFileSync(fixturePath('plain/300/_CHECKPOINT_METADATA')));
    assert.deepEqual(metadata.customMetadata, { git_commit: '0f1e2d3', epoch: 3 });
    assert.deepEqual(metadata.metrics, {});
  });

  it('reads a step that Orbax has only begun to write', () => {
    const begun = `{"item_handlers": null, "metrics": {}, "performance_metrics": {},
      "init_timestamp_nsecs": 1795508635829023260, "commit_timestamp_nsecs": null, "custom_metadata": {}}`;
    assert.deepEqual(parse(begun), {
      items: null,
      committedAtNs: null,
      initAtNs: '1795508635829023260',
      metrics: {},
      customMetadata: {},
    });
  });

  it('refuses every truncation', () => {
    const bytes = readFileSync(fixturePath('plain/100/_CHECKPOINT_METADATA'));
    refused('', /is empty/);
    for (let length = 1; length < bytes.length; length += 1)
      refused(bytes.subarray(0, length), /cut off|not JSON/);
  });

  it('answers or throws MetadataError whatever bytes are damaged', () => {
    const bytes = readFileSync(fixturePath('plain/100/_CHECKPOINT_METADATA'));
    const damage = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const [offset, byte] of changes) damaged[offset] = byte;
        try {
          parseCheckpointMetadata(damaged);
        } catch (error) {
          assert.ok(error instanceof MetadataError, String(error));
        }
      }),
    );
  });
});

describe('parseCheckpointMetadata judges shapes as Orbax does', () => {
  it('takes an absent field for unknown', () => {
    assert.deepEqual(parse('{}'), {
      items: null,
      committedAtNs: null,
      initAtNs: null,
      metrics: null,
      customMetadata: null,
    });
  });

  it('has no items where item_handlers names a single handler, and where it is empty', () => {
    assert.deepEqual(parse(`{"item_handlers": "${handler}"}`).items, []);
    assert.deepEqual(parse('{"item_handlers": {}}').items, []);
    assert.deepEqual(parse('{"item_handlers": {"a": null, "b/c": "x", "..d": 1}}').items, [
      'a',
      'b/c',
      '..d',
    ]);
  });

  it('takes metrics that Python holds for false as none', () => {
    for (const metrics of ['false', '0', '0.0', '-0', '""', '[]', '{}'])
      assert.deepEqual(parse(`{"metrics": ${metrics}}`).metrics, {}, metrics);
  });

  it('moves unknown keys into empty custom metadata, and ignores them beside a filled one', () => {
    assert.deepEqual(parse('{"new": 1}').customMetadata, { new: 1 });
    assert.deepEqual(parse('{"new": 1, "custom_metadata": {}}').customMetadata, { new: 1 });
    assert.deepEqual(parse('{"new": 1, "custom_metadata": {"a": 2}}').customMetadata, { a: 2 });
  });

  it('refuses fields of another type', () => {
    refused('[]', /The document is an array, not an object/);
    refused('null', /The document is null/);
    refused('{"item_handlers": ["default"]}', /item_handlers is an array/);
    refused('{"item_handlers": 3}', /item_handlers is a number/);
    refused('{"metrics": [1]}', /metrics is an array/);
    refused('{"metrics": NaN}', /metrics is a string/);
    refused('{"custom_metadata": "x"}', /custom_metadata is a string/);
    for (const time of ['1.5e18', '1.0', '"1"', 'true', '{}', '[1]', 'Infinity'])
      refused(`{"commit_timestamp_nsecs": ${time}}`, /commit_timestamp_nsecs is .*, not an integer/);
  });

  it('refuses items that would reach out of the step', () => {
    for (const item of ['', '.', '..', '/etc', '../x', 'a/../b', 'a//b', 'a/', '\\u0000'])
      refused(`{"item_handlers": {"${item}": null}}`, /is not the name of an item/);
  });
});

describe('timestamps', () => {
  it('keep every digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n }), (time) => {
        const metadata = parse(`{"commit_timestamp_nsecs": ${time}, "init_timestamp_nsecs":\t${time}\n}`);
        assert.equal(metadata.committedAtNs, String(time));
        assert.equal(metadata.initAtNs, String(time));
      }),
    );
  });

  it('come from the last of repeated keys, and only from the document itself', () => {
    assert.equal(parse('{"commit_timestamp_nsecs": 1, "commit_timestamp_nsecs": 2}').committedAtNs, '2');
    assert.equal(parse('{"commit_timestamp_nsecs": 1, "commit_timestamp_nsecs": null}').committedAtNs, null);
    refused('{"commit_timestamp_nsecs": 1, "commit_timestamp_nsecs": [2]}', /is an array/);
    assert.equal(parse('{"a": {"commit_timestamp_nsecs": 1}}').committedAtNs, null);
  });

  it('outside the years that can be shown are refused', () => {
    refused('{"init_timestamp_nsecs": -1}', /1970 to 9999/);
    refused(`{"init_timestamp_nsecs": ${'9'.repeat(22)}}`, /1970 to 9999/);
  });
});

describe('parseMetrics', () => {
  it('gives NaN as a string, as a diverged run wrote it', () => {
    const metrics = parseMetrics(readFileSync(fixturePath('plain/400/metrics/metrics')));
    assert.deepEqual(metrics, { accuracy: 0.4, loss: 'NaN' });
  });

  it('takes null for no metrics and refuses other documents', () => {
    assert.equal(parseMetrics(Buffer.from('null')), null);
    assert.throws(() => parseMetrics(Buffer.from('[1]')), /metrics\/metrics is an array, not an object/);
    assert.throws(() => parseMetrics(Buffer.from('{"loss": 1')), MetadataError);
  });
});

function timestamp(metadata: CheckpointMetadata, field: string): string | null {
  return field === 'init' ? metadata.initAtNs : metadata.committedAtNs;
}
