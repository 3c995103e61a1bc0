import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import type { FileSystem } from '../../engine/file-system.js';
import { addClientCommand, openSession } from '../client-command.js';
import { checkDatabasePlace, checkKernel, checkRuntime } from '../doctor/check-machine.js';
import { checkRoot } from '../doctor/check-root.js';
import { checkServer } from '../doctor/check-server.js';
import type { Finding } from '../doctor/finding.js';
import type { Machine } from '../doctor/machine.js';
import { reportFindings } from '../doctor/report-findings.js';

interface DoctorOptions {
  readonly db: string;
  readonly offline?: true;
}

export function addDoctor(program: Command, clock: Clock, openMachine: () => Promise<Machine>): void {
  const command = addClientCommand(program, 'doctor', {
    description:
      'Check whether steplease can work here: this machine and user, the checkpoint roots, and the running server. Exit 1 when a check is bad.',
    examples: [
      'steplease doctor',
      'steplease doctor --offline /ckpts/run --db /var/lib/steplease/steplease.db    # before there is a server',
    ],
  })
    .argument('[DIR...]', 'checkpoint roots to look at')
    .option('--db <FILE>', 'database file of the server, present or planned', './steplease.db')
    .option('--offline', 'ask no server');
  command.action(async (directories: readonly string[], { db, offline }: DoctorOptions) => {
    const { client, json, screen } = openSession(command);
    const machine = await openMachine();
    const findings = [
      ...(await checkRuntime(machine)),
      ...checkKernel(machine),
      ...(await checkPlaces(machine, resolve(db), directories)),
      ...(offline ? [] : await checkServer(client, clock)),
    ];
    reportFindings(findings, screen, json);
  });
}

async function checkPlaces(
  machine: Machine,
  database: string,
  directories: readonly string[],
): Promise<readonly Finding[]> {
  const files: FileSystem = machine.openFiles();
  try {
    const place = await files.locate(dirname(database));
    const roots = await Promise.all(directories.map((directory) => checkRoot(files, resolve(directory))));
    return [checkDatabasePlace(database, place), ...roots.flat()];
  } finally {
    await files.close();
  }
}
