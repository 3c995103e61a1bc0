/** Part of the tree, by what it may know. */
export type Layer =
  | 'engine'
  | 'routes'
  | 'adapters'
  | 'config'
  | 'process'
  | 'cli'
  | 'wiring'
  | 'migrations'
  | 'queries'
  | 'shared'
  | 'free';

interface LayerRule {
  readonly layer: Layer;
  /** Paths that belong to it; the first rule that fits decides. */
  readonly paths: RegExp;
  readonly mayImport: readonly Layer[];
  /** Packages and `node:` modules: those that it may import, or `any`. */
  readonly packages: RegExp;
}

const ANY = /(?:)/;
const NONE = /(?!)/;
/** Packages that the build puts into one file each, `src/typebox.ts` and `src/kysely.ts`: beside it they would be loaded twice. */
const BUNDLED = 'typebox|kysely';
const SQL = 'better-sqlite3|pg';
const HTTP = 'fastify|@fastify';

/**
 * `routes → engine ← adapters`, and the few places that know both sides. Each layer may import itself.
 *
 * - engine: the domain. No Node, no libraries: whatever it needs it asks of a port.
 * - routes: HTTP; no storage and no files.
 * - adapters: one folder (or file) each, and they do not know each other, except what is in `adapters/shared`.
 * - config, process (the life of a server), shared: around them.
 * - queries: what builds SQL, for the adapters and the migrations alone.
 * - wiring: the composition root, the same for the doctor's machine and the care of databases, and the program that is started.
 */
export const LAYER_RULES: readonly LayerRule[] = [
  { layer: 'engine', paths: /^src\/engine\//, mayImport: [], packages: NONE },
  {
    layer: 'routes',
    paths: /^src\/routes\//,
    mayImport: ['engine', 'shared'],
    packages: new RegExp(`^(?!(?:${SQL}|${BUNDLED}|node:fs|node:child_process|node:worker_threads)(?:/|$))`),
  },
  {
    layer: 'adapters',
    paths: /^src\/adapters\//,
    mayImport: ['engine', 'shared', 'queries', 'migrations'],
    packages: new RegExp(`^(?!(?:${HTTP}|${BUNDLED}|commander)(?:/|$))`),
  },
  {
    layer: 'config',
    paths: /^src\/config(?:\/|\.ts$)/,
    mayImport: ['engine', 'shared'],
    packages: /^(?:yaml|node:)/,
  },
  {
    layer: 'wiring',
    paths: /^src\/(?:app|machine|database-care|database-rescue|token-desk|cli\/main)\.ts$/,
    mayImport: ['engine', 'routes', 'adapters', 'config', 'process', 'cli', 'shared', 'migrations'],
    packages: ANY,
  },
  {
    layer: 'process',
    paths: /^src\/(?:server|startup-error)\.ts$/,
    mayImport: ['engine', 'adapters', 'config', 'shared'],
    packages: ANY,
  },
  {
    layer: 'cli',
    paths: /^src\/cli\//,
    mayImport: ['engine', 'config', 'process', 'shared'],
    packages: /^(?:commander|string-width|node:)/,
  },
  { layer: 'migrations', paths: /^migrations\//, mayImport: ['queries'], packages: NONE },
  { layer: 'queries', paths: /^src\/kysely\.ts$/, mayImport: [], packages: /^kysely$/ },
  { layer: 'shared', paths: /^src\/[^/]+\.ts$/, mayImport: [], packages: /^(?:node:|typebox)/ },
  {
    layer: 'free',
    paths: /^(?:test|demo|scripts)\//,
    mayImport: [
      'engine',
      'routes',
      'adapters',
      'config',
      'process',
      'cli',
      'wiring',
      'migrations',
      'queries',
      'shared',
    ],
    packages: ANY,
  },
];

/**
 * The folders of `src/engine`, bottom up: each may import itself and those before it in this list, types included. The files beside
 * them (the ports, the documents, the facade's interface) are known to all; `start-engine.ts` puts everything together.
 */
export const ENGINE_ORDER: readonly string[] = [
  'signals',
  'access',
  'events',
  'holdings',
  'steps',
  'runs',
  'watch',
  'snapshots',
  'waits',
  'leases',
  'consumers',
  'upkeep',
  'catalog',
  'restore',
  'administration',
];

function ruleFor(path: string): LayerRule | undefined {
  return LAYER_RULES.find(({ paths }) => paths.test(path));
}

/** @param target path of the imported file. Null: allowed; else the rule it breaks, as a sentence. */
export function importProblem(path: string, target: string): string | null {
  const from = ruleFor(path);
  const to = ruleFor(target);
  if (from === undefined) return `${path} belongs to no layer`;
  if (to === undefined) return `${target} belongs to no layer`;
  if (from.layer !== to.layer && !from.mayImport.includes(to.layer))
    return `${from.layer} may not import ${to.layer}`;
  if (from.layer === 'adapters' && to.layer === 'adapters' && !sameAdapter(path, target))
    return 'an adapter may not import another adapter';
  return from.layer === 'engine' && to.layer === 'engine' ? orderProblem(path, target) : null;
}

/** Null: the import runs down the order of the engine's folders, or to a file beside them. */
function orderProblem(path: string, target: string): string | null {
  const [from, to] = [engineFolder(path), engineFolder(target)];
  for (const folder of [from, to]) {
    if (folder !== null && !ENGINE_ORDER.includes(folder))
      return `src/engine/${folder} has no place in ENGINE_ORDER`;
  }
  if (from === null || to === null || ENGINE_ORDER.indexOf(to) <= ENGINE_ORDER.indexOf(from)) return null;
  return `${from} stands below ${to} in ENGINE_ORDER and may not import it`;
}

function engineFolder(path: string): string | null {
  const parts = path.split('/');
  return parts.length > 3 ? (parts[2] ?? null) : null;
}

/** The same for a package or a `node:` module. */
export function packageProblem(path: string, specifier: string): string | null {
  const from = ruleFor(path);
  if (from === undefined) return `${path} belongs to no layer`;
  return from.packages.test(specifier) ? null : `${from.layer} may not import the package`;
}

/** Whether `import()` of a computed name is a way around the rules here. */
export function mayComputeImports(path: string): boolean {
  const layer = ruleFor(path)?.layer;
  return layer !== 'engine' && layer !== 'routes';
}

function sameAdapter(path: string, target: string): boolean {
  const folder = folderOf(target);
  return folder === 'shared' || folder === folderOf(path);
}

function folderOf(path: string): string | undefined {
  return path.split('/')[2];
}
