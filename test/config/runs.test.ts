import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfig } from '../../src/config/config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const nowhere = { environment: {}, workingDirectory: '/w' };

test('DIR is the run default, with the options beside it', () => {
  const { config } = loadConfig(
    {
      directory: 'ckpts',
      step_prefix: 'step',
      step_separator: '-',
      step_format_fixed_length: '8',
      commit_mode: 'commit_file',
      commit_marker: 'DONE',
      settle: '2s',
      watch: 'poll',
      poll_interval: '250ms',
      snapshot_mode: 'copy',
      snapshot_layout: 'orbax',
      snapshot_dir: 'snaps',
      immutable: true,
      min_free_bytes: '1000',
      max_leases_per_step: '4',
    },
    nowhere,
  );

  assert.deepEqual(config.runs, [
    {
      name: 'default',
      directory: '/w/ckpts',
      options: {
        stepNameFormats: [{ prefix: 'step', separator: '-', fixedLength: 8 }],
        commitMode: 'commit_file',
        commitMarker: 'DONE',
        settleMs: 2000,
        watch: 'poll',
        pollIntervalMs: 250,
        snapshotMode: 'copy',
        snapshotLayout: 'orbax',
        snapshotDirectory: '/w/snaps',
        immutable: true,
        minFreeBytes: 1000,
        maxLeasesPerStep: 4,
      },
    },
  ]);
});

test('options that were not given are left to the engine', () => {
  assert.deepEqual(loadConfig({ directory: '/x' }, nowhere).config.runs, [
    { name: 'default', directory: '/x', options: {} },
  ]);
});

test('runs of the command line follow the run default, in their order', () => {
  const { config } = loadConfig({ directory: '/x', run: ['b=/b', 'a=rel/a=1'] }, nowhere);

  assert.deepEqual(
    config.runs.map(({ name, directory }) => [name, directory]),
    [
      ['default', '/x'],
      ['b', '/b'],
      ['a', '/w/rel/a=1'],
    ],
  );
});

test('the variable STEPLEASE_RUN holds several runs', () => {
  const environment = { STEPLEASE_RUN: 'a=/a:b=/b' };

  const { config } = loadConfig({}, { ...nowhere, environment });

  assert.deepEqual(
    config.runs.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('the file may give a run the fields of PUT /runs', (t) => {
  const folder = temporaryFolder(t, {
    'c.yaml': `
run:
  - plain=/plain
  - name: full
    directory: ckpts
    poll_interval: 0.5
    snapshot_dir: snaps
    immutable: false
    step_name_formats:
      - step_prefix: new
        step_separator: ""
      - step_format_fixed_length: 6
`,
  });

  const { config } = loadConfig({ config: 'c.yaml' }, { environment: {}, workingDirectory: folder });

  assert.deepEqual(config.runs, [
    { name: 'plain', directory: '/plain', options: {} },
    {
      name: 'full',
      directory: `${folder}/ckpts`,
      options: {
        pollIntervalMs: 500,
        snapshotDirectory: `${folder}/snaps`,
        immutable: false,
        stepNameFormats: [
          { prefix: 'new', separator: '', fixedLength: null },
          { prefix: null, separator: '_', fixedLength: 6 },
        ],
      },
    },
  ]);
});
