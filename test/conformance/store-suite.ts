import { describe } from 'node:test';
import { consumerRules } from './consumer-rules.js';
import { eventLogModel } from './event-log-model.js';
import { eventRules } from './event-rules.js';
import type { MakeStorage } from './harness.js';
import { leaseListModel } from './lease-list-model.js';
import { manyRunsRules } from './many-runs-rules.js';
import { runAndStepRules } from './run-and-step-rules.js';
import { snapshotAndLeaseRules } from './snapshot-and-lease-rules.js';
import { tokenRules } from './token-rules.js';
import { waitRules } from './wait-rules.js';
import { writeRules } from './write-rules.js';

/** The specification of `Store`: a storage engine is right when it passes. What only one engine can show stands in its own tests. */
export function storeConformance(name: string, make: MakeStorage): void {
  describe(`${name} store`, () => {
    describe('writes', () => writeRules(make));
    describe('runs and steps', () => runAndStepRules(make));
    describe('events', () => {
      eventRules(make);
      eventLogModel(make);
    });
    describe('snapshots, leases and grant keys', () => {
      snapshotAndLeaseRules(make);
      leaseListModel(make);
    });
    describe('consumers', () => consumerRules(make));
    describe('waits', () => waitRules(make));
    describe('tokens', () => tokenRules(make));
    describe('questions about many runs', () => manyRunsRules(make));
  });
}
