import type { MigrateDatabase, StartApp } from './server.js';

export const startApp: StartApp = async () => {
  throw new Error('the composition root is not written yet');
};

export const migrateDatabase: MigrateDatabase = async () => {
  throw new Error('the composition root is not written yet');
};
