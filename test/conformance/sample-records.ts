import type { Acknowledgement, ConsumerRecord, OwedDraft } from '../../src/engine/consumers/consumer.js';
import type { EventDraft, EventType } from '../../src/engine/events/event.js';
import type { GrantKey, LeaseRecord } from '../../src/engine/holdings/lease.js';
import type { SnapshotDraft } from '../../src/engine/holdings/snapshot.js';
import type { RunRecord } from '../../src/engine/runs/run.js';
import type { StepEntry } from '../../src/engine/steps/step.js';
import type { WaitRecord } from '../../src/engine/waits/wait.js';

const TIME = Date.UTC(2026, 0, 1);

export function run(name: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    name,
    directory: `/checkpoints/${name}`,
    realPath: `/mnt/checkpoints/${name}`,
    options: {
      stepNameFormats: [{ prefix: 'checkpoint', separator: '_', fixedLength: 8 }],
      commitMode: 'auto',
      commitMarker: 'commit_success.txt',
      settleMs: 5000,
      watch: 'events',
      pollIntervalMs: 1000,
      snapshotMode: 'hardlink',
      snapshotLayout: 'generation',
      snapshotDirectory: null,
      immutable: false,
      minFreeBytes: null,
      maxLeasesPerStep: 3,
    },
    finishedAt: null,
    finishReason: null,
    unavailableSince: null,
    createdAt: TIME,
    createdBy: 'trainer',
    ...change,
  };
}

export function step(name: string, change: Partial<StepEntry> = {}): StepEntry {
  return {
    name,
    step: Number(name),
    state: 'finalized',
    reason: null,
    generation: `g${name}`,
    commitMarker: null,
    metadataTrouble: null,
    metricsTrouble: 'cut short',
    committedAt: TIME + 0.25,
    initAt: null,
    items: ['default'],
    metrics: { loss: 0.5, best: 'NaN' },
    customMetadata: null,
    sizeBytes: 2 ** 53 - 1,
    fileCount: 65,
    inventoryDigest: 'd1',
    ...change,
  };
}

export function event(change: Partial<EventDraft> = {}): EventDraft {
  return { run: 'r', type: 'step.finalized', subject: '1', time: TIME, data: { step: 1 }, ...change };
}

export function eventOf(type: EventType, runName = 'r'): EventDraft {
  return event({ type, run: runName });
}

export function snapshot(change: Partial<SnapshotDraft> = {}): SnapshotDraft {
  return {
    run: 'r',
    generation: 'g1',
    step: 1,
    stepName: '1',
    state: 'building',
    mode: 'hardlink',
    layout: 'generation',
    snapshotDirectory: '/checkpoints/r/_STEPLEASE',
    pathOf: (id) => `/checkpoints/r/_STEPLEASE/g1.${id}/1`,
    digest: 'd1',
    sizeBytes: 2 ** 40,
    fileCount: 65,
    createdAt: TIME,
    ...change,
  };
}

let leases = 0;

export function lease(change: Partial<LeaseRecord> = {}): Omit<LeaseRecord, 'number'> {
  leases += 1;
  return {
    id: `ls_${leases}`,
    run: 'r',
    step: 1,
    generation: 'g1',
    snapshotId: null,
    state: 'active',
    grantedTo: 'eval',
    holder: 'évaluateur 3',
    labels: { host: 'a', rank: '0' },
    path: '/checkpoints/r/1',
    relativePath: null,
    sourcePath: '/checkpoints/r/1',
    ttlMs: 60_000,
    grantedAt: TIME,
    renewedAt: TIME,
    endedAt: null,
    endReason: null,
    waitedMs: 12.5,
    delivery: null,
    verdict: null,
    ...change,
  };
}

export function grantKey(leaseNumber: number, change: Partial<GrantKey> = {}): GrantKey {
  return {
    run: 'r',
    caller: 'anyone',
    key: 'k1',
    fingerprint: 'until=1',
    createdAt: TIME,
    ...change,
    leaseNumber,
  };
}

export function consumer(change: Partial<ConsumerRecord> = {}): ConsumerRecord {
  return {
    run: 'r',
    name: 'c',
    settings: {
      mode: 'every',
      start: 1000,
      everyK: 10,
      minIntervalMs: 0.5,
      maxPending: 3,
      maxInFlight: 1,
      maxDeliver: 5,
      ttlMs: 60_000,
    },
    position: 0,
    lastYielded: null,
    lastGrantedAt: null,
    createdAt: TIME,
    createdBy: null,
    ...change,
  };
}

export function owedDraft(step: number): OwedDraft {
  return { step, stepName: `step_${step}`, generation: `g${step}` };
}

export function acknowledgement(change: Partial<Acknowledgement> = {}): Omit<Acknowledgement, 'number'> {
  return {
    run: 'r',
    consumer: 'c',
    ordinal: 1,
    step: 1,
    generation: 'g1',
    ackedAt: TIME + 0.25,
    attempts: 1,
    result: { accuracy: 0.5 },
    ...change,
  };
}

export function wait(change: Partial<WaitRecord> = {}): WaitRecord {
  return {
    run: 'r',
    until: 1,
    startedAt: TIME,
    durationMs: 598.25,
    outcome: 'reached',
    step: 1,
    source: 'wait',
    ...change,
  };
}
