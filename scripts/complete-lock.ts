import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Mends in package-lock.json what npm does not write there; with `--check` it only says what that is.
 *
 * Optional packages of other platforms are left out when npm installs beside an existing node_modules, or from a registry that lacks
 * them, and `npm ci` refuses such a lock. Their versions are exact in the package that wants them. What they are for, npm reads from the
 * lock, so it is written there as their names say it.
 *
 * A package that is there for one Node only, and says itself that others will do, gets the engines that we mean: npm passes over an
 * optional package whose engines do not fit, and nobody compiles what is never loaded.
 */

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const FILE = 'package-lock.json';
const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
};

const ENGINES: Readonly<Record<string, string>> = { 'node_modules/better-sqlite3-node20': '20.x' };

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(FILE, 'utf8'));
const mended = [...findMissing(lock.packages), ...findMisplaced(lock.packages)];
for (const [path, { version, engines }] of mended)
  process.stdout.write(`${FILE}: ${path} ${version} for ${engines?.['node'] ?? 'every Node'} is missing\n`);

if (process.argv.includes('--check')) {
  if (mended.length > 0) process.stderr.write('node dist/scripts/complete-lock.js mends it\n');
  process.exitCode = mended.length === 0 ? 0 : 1;
} else if (mended.length > 0) {
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(mended) });
  const sorted = Object.fromEntries(packages.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
}

function findMisplaced(
  packages: Readonly<Record<string, LockedPackage>>,
): (readonly [string, LockedPackage])[] {
  return Object.entries(ENGINES).flatMap(([path, node]) => {
    const entry = packages[path];
    return entry === undefined || entry.engines?.['node'] === node
      ? []
      : [[path, { ...entry, engines: { node } }] as const];
  });
}

function findMissing(
  packages: Readonly<Record<string, LockedPackage>>,
): (readonly [string, LockedPackage])[] {
  const paths = Object.keys(packages);
  return Object.values(packages).flatMap(({ dev, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !paths.some((path) => path === name || path.endsWith(`node_modules/${name}`)))
      .map(([name, version]) => [`node_modules/${name}`, entryFor(name, version, dev === true)] as const),
  );
}

function entryFor(name: string, version: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/);
  const libc = words.flatMap((word) => LIBRARIES[word] ?? []);
  return {
    version,
    cpu: words.filter((word) => PROCESSORS.includes(word)),
    ...(dev ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    os: words.filter((word) => SYSTEMS.includes(word)),
  };
}
