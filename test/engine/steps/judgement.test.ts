import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Inspection, StepContent } from '../../../src/engine/inspection.js';
import { judge } from '../../../src/engine/steps/judgement.js';
import { describeReason } from '../../../src/engine/steps/step.js';
import { restored, type TrackedStep } from '../../../src/engine/steps/tracked-step.js';
import type { JudgementContext } from '../../../src/engine/steps/verdict.js';
import { content, IDENTITY, inventory, metadata, present } from '../../support/inspections.js';

const FIRST: JudgementContext = {
  name: '7',
  step: 7,
  commitMarker: null,
  known: null,
  wasRenamed: false,
  settleMs: 200,
  beganMs: 1_000,
  nowMs: 1_000,
  // The time of the inventory's last change: no age speaks for anything.
  wallMs: 4,
  absentMs: 500,
};
const COMMIT_FILE = { commitMarker: 'commit_success.txt' } as const;
const RENAMED = { wasRenamed: true } as const;
/** An inventory with files that changed after the commit. */
const late = (fields: Parameters<typeof inventory>[0] = {}) =>
  inventory({ changedBelowNs: '6000000', ...fields });

function decide(seen: Inspection, context: Partial<JudgementContext> = {}): TrackedStep {
  // A look takes no time, unless a test says so.
  const beganMs = context.beganMs ?? context.nowMs ?? FIRST.beganMs;
  let judgement = judge({ ...FIRST, ...context, beganMs }, seen);
  if (judgement.verdict === 'look_closer' && context.wasRenamed === true)
    judgement = judge({ ...FIRST, ...context, beganMs }, closer(seen));
  assert.equal(judgement.verdict, 'decided');
  return judgement.tracked;
}

/** The look at the whole tree that follows one that does not decide. */
function closer(seen: Inspection): Inspection {
  if (seen.outcome !== 'present' || seen.content === null) return seen;
  return { ...seen, content: { ...seen.content, inventory: inventory() } };
}

const verdict = (seen: Inspection, context: Partial<JudgementContext> = {}) =>
  judge({ ...FIRST, ...context }, seen).verdict;

/** A step that was found whole, with its inventory. */
const whole = decide(present({ inventory: inventory() }));
/** The same, as it is known after a restart. */
const revived = restored(whole.entry);

describe('judge, of an arrival', () => {
  it('takes a directory that was renamed before our eyes as finalized at once', () => {
    assert.equal(decide(present({ metadata: null }), RENAMED).entry.state, 'finalized');
    assert.equal(decide(present({ inventory: late() }), RENAMED).entry.state, 'finalized');
  });

  it('takes one below which something changed after its rename for one that may be half gone already', () => {
    const touched = late({ changedBelowNs: '9000001' });
    assert.equal(decide(present({ inventory: touched, metadata: null }), RENAMED).entry.state, 'temporary');
  });

  it('takes one from which something was removed after its rename for one that may be half gone already', () => {
    const stamp = '9000000';
    const removed = present(
      { inventory: late(), metadata: null, entriesChangedNs: '8000000' },
      { identity: { ...IDENTITY, mtimeNs: stamp, ctimeNs: stamp } },
    );
    assert.equal(decide(removed, RENAMED).entry.state, 'temporary');
    const justWritten = {
      ...removed,
      content: content({ inventory: late(), metadata: null, entriesChangedNs: stamp }),
    };
    assert.equal(decide(justWritten, RENAMED).entry.state, 'finalized');
  });

  it('asks for the whole tree of any other', () => {
    assert.equal(verdict(present({})), 'look_closer');
  });

  it('takes one below which nothing has changed since its commit time as finalized at once', () => {
    assert.equal(decide(present({ inventory: inventory() })).entry.state, 'finalized');
    const copied = decide(present({ inventory: late() }));
    assert.equal(copied.entry.state, 'temporary');
    assert.match(describeReason(copied.entry), /nothing in it has changed for 0\.2 seconds/);
  });

  it('takes a commit time that lies ahead of the files for no evidence', () => {
    const ahead = present({ metadata: metadata({ committedAtNs: '900000000000' }), inventory: inventory() });
    assert.equal(decide(ahead).entry.state, 'temporary');
  });

  it('presumes one to be complete whose upper levels were unchanged for an hour before the first look', () => {
    const hourLater = { absentMs: Number.NEGATIVE_INFINITY, wallMs: 4 + 3_600_000 };
    const presumed = decide(present({}), hourLater);
    assert.deepEqual([presumed.entry.state, presumed.isPresumed], ['finalized', true]);
    assert.equal(verdict(present({}), { ...hourLater, wallMs: 3_600_000 }), 'look_closer');
    assert.equal(verdict(present({}), { ...hourLater, absentMs: 0 }), 'look_closer');
    const seen = present({ inventory: late({ changedNs: '3600003000000', fingerprint: 'b' }) });
    const still = decide(seen, { ...hourLater, known: presumed });
    assert.match(describeReason(still.entry), /being changed when it was first looked at as a whole/);
    const quiet = decide(present({ inventory: late() }), { ...hourLater, known: presumed });
    assert.deepEqual([quiet.entry.state, quiet.isPresumed], ['finalized', false]);
  });

  it('believes an age from before the first look, and no greater one than that of the last look after it', () => {
    const old = present({ inventory: late() });
    const muchLater = { wallMs: 1_000_000 };
    assert.equal(decide(old, { ...muchLater, absentMs: Number.NEGATIVE_INFINITY }).entry.state, 'finalized');
    assert.equal(decide(old, { ...muchLater, absentMs: 900 }).entry.state, 'temporary');
  });

  it('never takes bookkeeping alone as finalized, however it came and however long it stays', () => {
    for (const meta of [
      null,
      metadata({ items: null }),
      { outcome: 'corrupt', reason: 'cut short' } as const,
    ]) {
      const bare = { hasPayload: false, metadata: meta, topLevel: [], inventory: inventory() };
      const first = decide(present(bare), RENAMED);
      assert.equal(first.entry.state, 'temporary');
      assert.equal(decide(present(bare), { known: first, nowMs: 10_000 }).entry.state, 'temporary');
    }
  });

  it('tells a copy that lacks an item from a step that is being deleted by when the directory was made', () => {
    const lacking = (birthtimeNs: string | null) =>
      decide(
        present(
          { metadata: metadata({ items: ['default', 'dataset'] }) },
          { identity: { ...IDENTITY, birthtimeNs } },
        ),
      ).entry.state;
    assert.deepEqual(
      [lacking('1000'), lacking('6000000'), lacking(null)],
      ['deleting', 'temporary', 'deleting'],
    );
  });
});

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
      'one with a record of a deletion',
      present({ deletion: 'extra' }),
      'deleting',
      /item extra is being deleted/,
    ],
    [
      'one with an unreadable record',
      present({ deletion: '' }),
      'deleting',
      /one of its items is being deleted/,
    ],
    [
      'one with a corrupt metadata file',
      present({ metadata: { outcome: 'corrupt', reason: 'cut short' } }),
      'finalized',
      /cut short/,
    ],
    ['one without metadata', present({ metadata: null }), 'finalized', /renamed/],
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
      const { entry } = decide(seen, RENAMED);
      assert.equal(entry.state, state);
      assert.match(describeReason(entry), reason);
      assert.equal(entry.generation === null, state !== 'finalized');
    });

  it('counts only the marker where one is needed', () => {
    const context = { ...COMMIT_FILE, ...RENAMED };
    assert.equal(decide(present({ commitFile: false }), context).entry.state, 'temporary');
    const { entry } = decide(present({ commitFile: true }), context);
    assert.equal(describeReason(entry), 'holds commit_success.txt');
  });

  it('does not know a name that is gone', () => {
    assert.equal(verdict({ name: '7', outcome: 'gone' }), 'gone');
  });
});

describe('judge, of content that has to settle', () => {
  const seen = (fingerprint: string) => present({ metadata: null, inventory: late({ fingerprint }) });

  it('counts it once it stayed unchanged for the settling time', () => {
    const first = decide(seen('a'));
    const second = decide(seen('a'), { known: first, nowMs: 1_199 });
    assert.equal(second.entry.state, 'temporary');
    assert.equal(decide(seen('a'), { known: second, nowMs: 1_200 }).entry.state, 'finalized');
  });

  it('gives content no age for the time that the look at it took', () => {
    const slowly = { beganMs: 1_000, nowMs: 5_000, absentMs: Number.NEGATIVE_INFINITY };
    const first = decide(seen('a'), slowly);
    assert.equal(first.entry.state, 'temporary');
    const second = decide(seen('b'), { ...slowly, known: first, beganMs: 5_200, nowMs: 9_000 });
    assert.equal(second.entry.state, 'temporary');
    assert.equal(decide(seen('b'), { known: second, beganMs: 9_200, nowMs: 9_900 }).entry.state, 'finalized');
  });

  it('begins anew in another directory under the name', () => {
    const first = decide(seen('a'));
    const other = { ...seen('a'), identity: { ...IDENTITY, saving: 'b-rs' } };
    assert.equal(decide(other, { known: first, nowMs: 1_300, absentMs: 1_250 }).entry.state, 'temporary');
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
          known = decide(seen(print), { known, nowMs, absentMs: Number.NEGATIVE_INFINITY });
          assert.equal(known.entry.state, nowMs - changedMs >= 200 ? 'finalized' : 'temporary');
          if (known.entry.state === 'finalized') return;
          assert.equal(known.settling?.dueMs, changedMs + 200);
        }
      }),
    );
  });
});

describe('judge, of a known step', () => {
  const missing = { path: 'default/d', how: 'missing' } as const;
  const replaced = { path: 'default/d', how: 'replaced' } as const;

  it('gives the same object where nothing is new', () => {
    assert.equal(decide(present({}, { content: null }), { known: whole }), whole);
    assert.equal(decide(present({}), { known: whole }), whole);
    assert.equal(decide(present({ inventory: inventory() }), { known: whole }), whole);
  });

  const losses: [what: string, seen: Inspection, context: Partial<JudgementContext>, reason: RegExp][] = [
    [
      'a file of its inventory',
      present({ inventory: late() }, { change: missing, lost: 'default/d' }),
      {},
      /default\/d has vanished/,
    ],
    ['everything', present({ empty: true, metadata: null, topLevel: [], inventory: late() }), {}, /empty/],
    [
      'its metadata file',
      present({ metadata: null, inventory: late() }),
      {},
      /_CHECKPOINT_METADATA has vanished/,
    ],
    [
      'an item',
      present({ topLevel: [{ name: '_CHECKPOINT_METADATA', directory: false }], inventory: late() }),
      {},
      /item default.*missing/,
    ],
    [
      'its marker',
      present({ commitFile: false, inventory: late() }),
      { ...COMMIT_FILE, known: decide(present({ inventory: inventory() }), COMMIT_FILE) },
      /commit_success\.txt is missing/,
    ],
    [
      'files while nobody looked',
      present({ inventory: late({ fileCount: 1, digest: 'less' }) }),
      { known: revived },
      /2 of its 3 files have vanished/,
    ],
    [
      'an item to a deletion',
      present({ deletion: 'default', inventory: late() }),
      {},
      /item default is being deleted/,
    ],
  ];
  for (const [what, seen, context, reason] of losses)
    it(`takes it as deleting when it lost ${what}, and as long as it lacks that`, () => {
      const lost = decide(seen, { known: whole, ...context });
      assert.equal(lost.entry.state, 'deleting');
      assert.match(describeReason(lost.entry), reason);
      assert.equal(lost.entry.generation, whole.entry.generation);
      const later = decide(seen, { ...context, known: lost, nowMs: 9_000 });
      assert.equal(later.entry.state, 'deleting');
      assert.match(describeReason(later.entry), reason);
    });

  it('does not offer it while its content changes, and takes it as a new generation once that has settled', () => {
    for (const change of [replaced, { path: 'default/new', how: 'added' } as const]) {
      const seen = present({ inventory: late({ digest: 'other' }) }, { change });
      const changed = decide(seen, { known: whole });
      assert.equal(changed.entry.state, 'deleting');
      assert.match(describeReason(changed.entry), /as a new generation, once nothing in it has changed/);
      assert.equal(changed.inventory, whole.inventory, 'what was promised is what it is compared with');
      assert.equal(decide(seen, { known: changed, nowMs: 1_199 }).entry, changed.entry);
      const settled = decide(seen, { known: changed, nowMs: 1_200 });
      assert.equal(settled.entry.state, 'finalized');
      assert.notEqual(settled.entry.generation, whole.entry.generation);
      assert.equal(settled.entry.inventoryDigest, 'other');
      const again = decide(present({ inventory: late({ digest: 'third' }) }, { change }), { known: settled });
      const third = decide(present({ inventory: late({ digest: 'third' }) }, { change }), {
        known: again,
        nowMs: 2_000,
      });
      assert.equal(new Set([whole, settled, third].map(({ entry }) => entry.generation)).size, 3);
    }
  });

  it('takes it as a new generation when an item was deleted on purpose', () => {
    const two = decide(
      present({
        metadata: metadata({ items: ['default', 'extra'] }),
        topLevel: [
          { name: 'default', directory: true },
          { name: 'extra', directory: true },
        ],
        inventory: inventory(),
      }),
    );
    const seen = present({ inventory: late({ digest: 'less', fileCount: 2 }) }, { change: missing });
    const changed = decide(seen, { known: two });
    assert.deepEqual(decide(seen, { known: changed, nowMs: 1_200 }).entry.items, ['default']);
    const unseen = decide(seen, { known: restored(two.entry) });
    assert.equal(decide(seen, { known: unseen, nowMs: 1_200 }).entry.state, 'finalized');
  });

  it('asks for the whole tree when an audit shows a change', () => {
    assert.equal(verdict(present({}, { content: null, change: replaced }), { known: whole }), 'look_closer');
  });

  it('takes what was changed while nobody looked as a new generation, after it has settled', () => {
    const seen = present({ inventory: late({ digest: 'other' }) });
    const changed = decide(seen, { known: revived });
    assert.match(describeReason(changed.entry), /not those that it had before the restart/);
    assert.equal(decide(seen, { known: changed, nowMs: 1_200 }).entry.state, 'finalized');
  });

  it('looks closer before it says anything of another directory under its name', () => {
    const other = { ...IDENTITY, saving: 'b-rs' };
    assert.equal(verdict(present({}, { content: null, identity: other }), { known: whole }), 'look_closer');
  });

  for (const [what, identity, fields] of [
    ['another inode', { ...IDENTITY, saving: 'b-rs' }, {}],
    ['another birth time', { ...IDENTITY, saving: 'a-rt', birthtimeNs: '1001' }, {}],
    [
      'another commit time in the same inode, where there are no birth times',
      { ...IDENTITY, saving: 'a-0', birthtimeNs: null },
      { committedAtNs: '6000000' },
    ],
  ] as const)
    it(`takes ${what} as a new generation`, () => {
      const known = decide(
        present(
          { inventory: inventory() },
          { identity: identity.birthtimeNs === null ? identity : IDENTITY },
        ),
      );
      const saved = decide(present({ metadata: metadata(fields), inventory: inventory() }, { identity }), {
        known,
      });
      assert.equal(saved.entry.state, 'finalized');
      assert.notEqual(saved.entry.generation, known.entry.generation);
    });

  it('knows it again in another inode after a restart, by commit time and inventory', () => {
    const identity = { saving: '2r-7pr', birthtimeNs: '9999', mtimeNs: '9999', ctimeNs: '9999' };
    assert.equal(verdict(present({}, { identity }), { known: revived }), 'look_closer');
    const same = decide(present({ inventory: late() }, { identity }), { known: revived });
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
    const bare = decide(present({}), { absentMs: Number.NEGATIVE_INFINITY, wallMs: 4 + 3_600_000 });
    assert.equal(bare.entry.sizeBytes, null);
    const metrics = { outcome: 'read', value: { loss: 0.5 } } as const;
    const detailed = decide(present({ inventory: inventory(), metrics }), { known: bare });
    assert.deepEqual(
      [detailed.entry.sizeBytes, detailed.entry.fileCount, detailed.entry.metrics, detailed.entry.generation],
      [30, 3, { loss: 0.5 }, bare.entry.generation],
    );
  });

  it('says once what cannot be read, however often it looks, and forgets that when it can be read', () => {
    const unreadable = { outcome: 'corrupt', reason: 'No permission.' } as const;
    const broken = present({ inventory: inventory(), metrics: unreadable, metadata: unreadable });
    let known = decide(broken, RENAMED);
    for (let restart = 0; restart < 3; restart += 1) known = decide(broken, { known: restored(known.entry) });
    assert.equal(
      describeReason(known.entry),
      'was renamed to its final name; No permission.; No permission.',
    );
    const metrics = { outcome: 'read', value: { loss: 0.5 } } as const;
    const mended = decide(present({ inventory: inventory(), metrics }), { known });
    assert.equal(describeReason(mended.entry), 'was renamed to its final name');
    assert.deepEqual([mended.entry.metrics, mended.entry.committedAt], [{ loss: 0.5 }, 5]);
    assert.equal(mended.entry.generation, known.entry.generation);
  });
});

describe('judge, after the commit rule was changed', () => {
  const context = { known: whole, ...COMMIT_FILE };

  it('does not stop at an untouched directory', () => {
    const unseen = present({}, { content: null });
    assert.equal(verdict(unseen, context), 'look_closer');
    assert.equal(verdict(unseen, { known: whole }), 'decided');
  });

  it('judges by the new rule, and keeps the generation of what counts by both', () => {
    const { entry } = decide(present({ inventory: inventory() }), context);
    assert.deepEqual([entry.state, entry.generation], ['finalized', whole.entry.generation]);
    assert.equal(describeReason(entry), 'holds commit_success.txt');
    assert.equal(decide(present({ commitFile: false }), context).entry.state, 'temporary');
  });
});

const generationOf = (tracked: TrackedStep | null) => tracked?.entry.generation ?? null;

describe('judge', () => {
  const contents: fc.Arbitrary<StepContent> = fc
    .record({
      empty: fc.boolean(),
      commitFile: fc.boolean(),
      hasPayload: fc.boolean(),
      deletion: fc.constantFrom(null, 'default'),
      metadata: fc.constantFrom(
        null,
        metadata(),
        metadata({ committedAtNs: '6000000' }),
        metadata({ items: ['default', 'lost'] }),
        { outcome: 'corrupt', reason: 'cut short' } as const,
      ),
      inventory: fc.constantFrom(null, inventory(), late({ fileCount: 2, digest: 'less', fingerprint: 'b' })),
    })
    .map((fields) => content(fields));
  const inspections: fc.Arbitrary<Inspection> = fc.oneof(
    fc.constant<Inspection>({ name: '7', outcome: 'gone' }),
    fc.constant<Inspection>({ name: '7', outcome: 'irregular', kind: 'file' }),
    fc.constant<Inspection>({ name: '7', outcome: 'unreadable', errno: 'EIO', detail: 'broken' }),
    fc.record({
      name: fc.constant('7'),
      outcome: fc.constant('present' as const),
      identity: fc.constantFrom(IDENTITY, { ...IDENTITY, saving: 'b-rs' }),
      change: fc.constantFrom(null, { path: 'default/d', how: 'missing' as const }),
      lost: fc.constantFrom(null, 'default/d'),
      content: fc.option(contents),
    }),
  );

  it('never takes a generation back that was deleting, and gives each finalized one a name', () => {
    fc.assert(
      fc.property(
        fc.array(inspections),
        fc.constantFrom(null, 'commit_success.txt'),
        fc.boolean(),
        (seen, commitMarker, wasRenamed) => {
          let known: TrackedStep | null = null;
          const lost = new Set<string>();
          for (const [index, inspection] of seen.entries()) {
            const context = { ...FIRST, commitMarker, wasRenamed, known, nowMs: index * 150 };
            const judgement = judge(context, inspection);
            if (judgement.verdict === 'look_closer') continue;
            if (judgement.verdict === 'gone') {
              known = null;
              // Whoever comes next under this inode is discovered anew.
              lost.clear();
              continue;
            }
            const before = generationOf(known);
            known = judgement.tracked;
            const { state, generation } = known.entry;
            if (state === 'finalized') {
              assert.ok(generation !== null && !lost.has(generation));
              // Another saving has its place: what it was before may be renamed back.
              if (before !== generation) lost.clear();
            }
            if (state === 'deleting' && generation !== null) lost.add(generation);
            if (generation === null) lost.clear();
            if (state === 'temporary') assert.equal(generation, null);
          }
        },
      ),
    );
  });
});
