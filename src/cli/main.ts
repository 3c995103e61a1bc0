#!/usr/bin/env node
import { migrateDatabase, startApp } from '../app.js';
import { runProgram } from './program.js';

const exitCode = await runProgram(process.argv.slice(2), { startApp, migrateDatabase });
// A failed start may leave threads behind, which would keep the process. After success the server lives on until it is told to stop.
if (exitCode !== 0) process.exit(exitCode);
