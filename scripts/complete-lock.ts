import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out, which it does when it installs beside an existing
 * node_modules, or from a registry that lacks them. `npm ci` refuses such a lock. With `--check` it only says whether any is missing.
 *
 * Their versions are exact in the package that wants them. What they are for, npm reads from the lock, so it is written there as their
 * names say it.
 */

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
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

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(FILE, 'utf8'));
const missing = findMissing(lock.packages);
for (const [path] of missing) process.stdout.write(`${FILE}: ${path} is missing\n`);

if (process.argv.includes('--check')) {
  if (missing.length > 0) process.stderr.write('node dist/scripts/complete-lock.js adds them\n');
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (missing.length > 0) {
  const entries = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`);
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
