import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Inspection, StepContent } from '../../../src/engine/file-system.js';
import { type JudgementContext, judge } from '../../../src/engine/steps/judgement.js';
import type { TrackedStep } from '../../../src/engine/steps/tracked-step.js';
import { content, IDENTITY, inventory, metadata, present } from '../../support/inspections.js';

const FIRST: JudgementContext = {
  name: '7',
  step: 7,
  commitMode: 'atomic_rename',
  known: null,
  settleMs: 200,
  nowMs: 1_000,
};
const UNMARKED = { commitFile: false, metadata: null, topLevel: [{ name: 'checkpoint', directory: false }] };

function decide(seen: Inspection, context: Partial<JudgementContext> = {}): TrackedStep {
  const judgement = judge({ ...FIRST, ...context }, seen);
  assert.equal(judgement.verdict, 'decided');
  return judgement.tracked;
}

const verdict = (seen: Inspection, context: Partial<JudgementContext> = {}) =>
  judge({ ...FIRST, ...context }, seen).verdict;

/** A step that was found whole, with its inventory. */
const whole = decide(present({ inventory: inventory() }));
/** The same, as it is known after a restart. */
const revived: TrackedStep = { ...whole, identity: null, inventory: null };

describe('judge, at first sight', () => {
  const cases: [what: string, seen: Inspection, state: string, reason: RegExp][] = [
    ['a whole step', present({}), 'finalized', /renamed to its final name/],
    ['an empty directory', present({ empty: true, topLevel: [] }), 'deleting', /empty/],
    [
      'one that lacks an item of its metadata',
      present({ metadata: metadata({ items: ['default', 'dataset'] }) }),
      'deleting',
      /item dataset.*missing/,
    ],
    [
      'one with a corrupt metadata file',
      present({ metadata: { outcome: 'corrupt', reason: 'cut short' } }),
      'finalized',
      /cut short/,
    ],
    ['one without metadata, but with the commit file', present({ metadata: null }), 'finalized', /renamed/],
    ['something else', { name: '7', outcome: 'irregular', kind: 'FIFO' }, 'foreign', /FIFO/],
    [
      'what cannot be read',
      { name: '7', outcome: 'unreadable', errno: 'EACCES', detail: 'no permission' },
      'foreign',
      /no permission/,
    ],
  ];
  for (const [what, seen, state, reason] of cases)
    it(`takes ${what} as ${state}`, () => {
      const { entry } = decide(seen);
      assert.equal(entry.state, state);
      assert.match(entry.reason, reason);
      assert.equal(entry.generation === null, state !== 'finalized');
    });

  it('counts only commit_success.txt in commit_file mode', () => {
    const context = { commitMode: 'commit_file' } as const;
    assert.equal(decide(present({ commitFile: false }), context).entry.state, 'temporary');
    assert.equal(decide(present({ commitFile: true }), context).entry.state, 'finalized');
  });

  it('does not know a name that is gone', () => {
    assert.equal(verdict({ name: '7', outcome: 'gone' }), 'gone');
  });
});

describe('judge, of a step without marks', () => {
  const seen = (fingerprint: string) => present({ ...UNMARKED, fingerprint, inventory: inventory() });

  it('asks for its inventory first', () => {
    assert.equal(verdict(present(UNMARKED)), 'look_closer');
  });

  it('counts it once its content stayed unchanged for the settling time', () => {
    const first = decide(seen('a'));
    assert.equal(first.entry.state, 'temporary');
    const second = decide(seen('a'), { known: first, nowMs: 1_199 });
    assert.equal(second.entry.state, 'temporary');
    assert.equal(decide(seen('a'), { known: second, nowMs: 1_200 }).entry.state, 'finalized');
  });

  it('begins anew when the content changed', () => {
    const first = decide(seen('a'));
    const second = decide(seen('b'), { known: first, nowMs: 1_199 });
    assert.equal(decide(seen('b'), { known: second, nowMs: 1_300 }).entry.state, 'temporary');
    assert.equal(decide(seen('b'), { known: second, nowMs: 1_399 }).entry.state, 'finalized');
  });

  it('counts it after exactly one settling time without a change, whenever it is looked at', () => {
    const looks = fc.array(fc.record({ afterMs: fc.nat({ max: 150 }), print: fc.constantFrom('a', 'b') }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(looks, (given) => {
        let known: TrackedStep | null = null;
        let nowMs = 0;
        let changedMs = 0;
        let before: string | null = null;
        for (const { afterMs, print } of given) {
          nowMs += afterMs;
          if (print !== before) changedMs = nowMs;
          before = print;
          known = decide(seen(print), { known, nowMs });
          assert.equal(known.entry.state, nowMs - changedMs >= 200 ? 'finalized' : 'temporary');
          if (known.entry.state === 'finalized') return;
        }
      }),
    );
  });
});

describe('judge, of a known step', () => {
  it('gives the same object where nothing is new', () => {
    assert.equal(decide(present({}, { content: null }), { known: whole }), whole);
    assert.equal(decide(present({}), { known: whole }), whole);
  });

  const losses: [what: string, seen: Inspection, context: Partial<JudgementContext>, reason: RegExp][] = [
    [
      'a file of its inventory',
      present({}, { vanished: { path: 'default/d', how: 'missing' } }),
      {},
      /default\/d has vanished/,
    ],
    [
      'a file to another in its place',
      present({}, { vanished: { path: 'default/d', how: 'replaced' } }),
      {},
      /default\/d was replaced/,
    ],
    ['everything', present({ empty: true, metadata: null, topLevel: [] }), {}, /empty/],
    ['its metadata file', present({ metadata: null }), {}, /_CHECKPOINT_METADATA has vanished/],
    [
      'an item',
      present({ topLevel: [{ name: '_CHECKPOINT_METADATA', directory: false }] }),
      {},
      /item default.*missing/,
    ],
    [
      'its commit file in commit_file mode',
      present({ commitFile: false }),
      { commitMode: 'commit_file' },
      /commit_success\.txt is missing/,
    ],
    [
      'files while nobody looked',
      present({ inventory: inventory({ fileCount: 1, digest: 'less' }) }),
      { known: revived },
      /2 of its 3 files have vanished/,
    ],
  ];
  for (const [what, seen, context, reason] of losses)
    it(`takes it as deleting when it lost ${what}, and never as finalized again`, () => {
      const lost = decide(seen, { known: whole, ...context });
      assert.equal(lost.entry.state, 'deleting');
      assert.match(lost.entry.reason, reason);
      assert.equal(lost.entry.generation, whole.entry.generation);
      assert.equal(decide(present({}), { ...context, known: lost }).entry.state, 'deleting');
    });

  it('looks closer before it says anything of another directory under its name', () => {
    const other = { ...IDENTITY, inode: '11' };
    assert.equal(verdict(present({}, { content: null, identity: other }), { known: whole }), 'look_closer');
  });

  for (const [what, identity, fields] of [
    ['another inode', { ...IDENTITY, inode: '11' }, {}],
    ['another birth time', { ...IDENTITY, birthtimeNs: '1001' }, {}],
    ['another commit time in the same inode', IDENTITY, { committedAtNs: '6000000' }],
  ] as const)
    it(`takes ${what} as a new generation`, () => {
      const saved = decide(present({ metadata: metadata(fields) }, { identity }), { known: whole });
      assert.equal(saved.entry.state, 'finalized');
      assert.notEqual(saved.entry.generation, whole.entry.generation);
    });

  it('knows it again in another inode after a restart, by commit time and inventory', () => {
    const identity = { inode: '99', birthtimeNs: '9999', mtimeNs: '9999' };
    assert.equal(verdict(present({}, { identity }), { known: revived }), 'look_closer');
    const same = decide(present({ inventory: inventory() }, { identity }), { known: revived });
    assert.equal(same.entry.generation, whole.entry.generation);
    const other = decide(present({ inventory: inventory({ digest: 'other' }) }, { identity }), {
      known: revived,
    });
    assert.notEqual(other.entry.generation, whole.entry.generation);
  });

  it('keeps what was final when it cannot be read', () => {
    const seen: Inspection = { name: '7', outcome: 'unreadable', errno: 'EIO', detail: 'broken' };
    assert.equal(decide(seen, { known: whole }), whole);
  });

  it('adds what the inventory tells, and keeps its generation', () => {
    const bare = decide(present({}));
    assert.equal(bare.entry.sizeBytes, null);
    const metrics = { outcome: 'read', value: { loss: 0.5 } } as const;
    const detailed = decide(present({ inventory: inventory(), metrics }), { known: bare });
    assert.deepEqual(
      [detailed.entry.sizeBytes, detailed.entry.fileCount, detailed.entry.metrics, detailed.entry.generation],
      [30, 3, { loss: 0.5 }, bare.entry.generation],
    );
  });
});

describe('judge', () => {
  const contents: fc.Arbitrary<StepContent> = fc
    .record({
      empty: fc.boolean(),
      commitFile: fc.boolean(),
      metadata: fc.constantFrom(
        null,
        metadata(),
        metadata({ committedAtNs: '6000000' }),
        metadata({ items: ['default', 'lost'] }),
        { outcome: 'corrupt', reason: 'cut short' } as const,
      ),
      inventory: fc.constantFrom(null, inventory(), inventory({ fileCount: 2, digest: 'less' })),
      fingerprint: fc.constantFrom('a', 'b'),
    })
    .map((fields) => content(fields));
  const inspections: fc.Arbitrary<Inspection> = fc.oneof(
    fc.constant<Inspection>({ name: '7', outcome: 'gone' }),
    fc.constant<Inspection>({ name: '7', outcome: 'irregular', kind: 'file' }),
    fc.constant<Inspection>({ name: '7', outcome: 'unreadable', errno: 'EIO', detail: 'broken' }),
    fc.record({
      name: fc.constant('7'),
      outcome: fc.constant('present' as const),
      identity: fc.constantFrom(IDENTITY, { ...IDENTITY, inode: '11' }),
      vanished: fc.constantFrom(null, { path: 'default/d', how: 'missing' as const }),
      content: fc.option(contents),
    }),
  );

  it('never takes a generation back that was deleting, and gives each finalized one a name', () => {
    fc.assert(
      fc.property(
        fc.array(inspections),
        fc.constantFrom('atomic_rename', 'commit_file'),
        (seen, commitMode) => {
          let known: TrackedStep | null = null;
          const lost = new Set<string>();
          for (const [index, inspection] of seen.entries()) {
            const judgement = judge({ ...FIRST, commitMode, known, nowMs: index * 150 }, inspection);
            if (judgement.verdict === 'look_closer') continue;
            if (judgement.verdict === 'gone') {
              known = null;
              // Whoever comes next under this inode is discovered anew.
              lost.clear();
              continue;
            }
            known = judgement.tracked;
            const { state, generation } = known.entry;
            if (state === 'finalized') {
              assert.ok(generation !== null && !lost.has(generation));
              // Another saving has its place: what it was before may be renamed back.
              lost.clear();
            }
            if (state === 'deleting' && generation !== null) lost.add(generation);
            if (state === 'foreign') lost.clear();
            if (state === 'temporary') assert.equal(generation, null);
          }
        },
      ),
    );
  });
});
