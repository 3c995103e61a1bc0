#!/usr/bin/env node
import { systemClock } from '../adapters/system-clock.js';
import { runProgram } from './program.js';

// The service itself is loaded by the commands that start it or look at it: the others should answer at once.
const exitCode = await runProgram(process.argv.slice(2), {
  startApp: async (config, tools) => (await import('../app.js')).startApp(config, tools),
  migrateDatabase: async (file) => (await import('../app.js')).migrateDatabase(file),
  databaseCare: async () => (await import('../database-care.js')).databaseCare,
  tokenDesk: async (file, create) => (await import('../token-desk.js')).openTokenDesk(file, create),
  machine: async () => (await import('../machine.js')).machine,
  clock: systemClock,
});
// A failed start may leave threads behind, which would keep the process. After success the server lives on until it is told to stop.
if (exitCode !== 0) process.exit(exitCode);
