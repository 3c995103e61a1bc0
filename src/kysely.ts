/**
 * What is used of Kysely, for the store and the migrations. The build puts Kysely's own code into this file, as it does with TypeBox:
 * read from 262 files, it took ten times as long to load.
 */
export {
  type Compilable,
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type Migration,
  type MigrationProvider,
  Migrator,
  type QueryResult,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
