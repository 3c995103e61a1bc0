import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../src/adapters/system-clock.js';
import { startApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config/config.js';
import { silentObserver } from '../../../src/engine/observer.js';
import { HttpClient } from '../../support/http-client.js';

export interface MeasuredApp {
  readonly client: HttpClient;
  readonly root: string;
  close(): Promise<void>;
}

/** A folder for one measurement, removed behind the process: a large one takes longer than what was measured. */
export function measuringFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'steplease-measure-')));
  process.on('exit', () => spawn('rm', ['-rf', folder], { detached: true, stdio: 'ignore' }).unref());
  return folder;
}

/** The service in this process, whose event loop is what is measured. */
export async function startMeasured(folder: string, root: string): Promise<MeasuredApp> {
  const { config } = loadConfig(
    { directory: root, allow_root: [folder], port: '0', db: join(folder, 'db') },
    { environment: {} },
  );
  const app = await startApp(config, {
    clock: systemClock,
    observer: silentObserver,
    logger: pino({ level: 'silent' }),
  });
  const { port } = await app.listen();
  const client = new HttpClient();
  client.base = `http://127.0.0.1:${port}`;
  const close = async () => {
    await app.drain();
    await app.close();
  };
  return { client, root, close };
}

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export function print(result: object): void {
  process.stdout.write(
    `${JSON.stringify(result, (_key, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value))}\n`,
  );
}
