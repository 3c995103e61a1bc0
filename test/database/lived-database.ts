import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rescue, RescueRequest } from '../../src/cli/database/database-care.js';
import { databaseCare } from '../../src/database-care.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';
import { type Cleanup, temporaryDirectory } from '../support/temporary-directory.js';

const MAX_TTL_MS = 600_000;

/** A database that a server worked on, with one leased snapshot; no server runs on it. */
export class LivedDatabase {
  readonly root: CheckpointRoot;
  readonly file: string;
  /** Path of the leased snapshot. */
  readonly path: string;
  readonly leaseId: string;
  readonly cursor: string;
  /** The owner mark that the server left. */
  readonly mark: string;

  private constructor(
    root: CheckpointRoot,
    file: string,
    lease: { id: string; path: string },
    cursor: string,
  ) {
    this.root = root;
    this.file = file;
    this.path = lease.path;
    this.leaseId = lease.id;
    this.cursor = cursor;
    this.mark = readFileSync(root.at('_STEPLEASE/owner.json'), 'utf8');
  }

  static async make(test: Cleanup): Promise<LivedDatabase> {
    const root = CheckpointRoot.make(test);
    root.save(1);
    root.save(2);
    const server = await RunningServer.start(test, { flags: { directory: root.path } });
    const lease = await server.ok(server.post('/leases', { step: 1, ttl: 500 }), 201);
    const { cursor } = await server.ok(server.get('/events'));
    await server.stop();
    const file = join(await temporaryDirectory(test), 'steplease.db');
    copyFileSync(server.databaseFile, file);
    return new LivedDatabase(root, file, lease, cursor);
  }

  /** Published snapshots on the disk, by name. */
  snapshots(): readonly string[] {
    const directory = this.root.at('_STEPLEASE');
    if (!existsSync(directory)) return [];
    return readdirSync(directory).filter((name) => !['owner.json', 'commit_success.txt'].includes(name));
  }

  serve(test: Cleanup, flags: Readonly<Record<string, unknown>> = {}): Promise<RunningServer> {
    return RunningServer.start(test, { flags: { directory: this.root.path, db: this.file, ...flags } });
  }

  rescue(mode: RescueRequest['mode'], change: Partial<RescueRequest> = {}): Promise<Rescue> {
    return databaseCare.rescue({
      ...{ mode, file: this.file, backup: null, roots: [], run: null, snapshotDirectory: null },
      ...{ ttlMs: MAX_TTL_MS, isOwnerGone: false, ...change },
    });
  }
}
