import { stringify } from 'yaml';
import type { Setting } from './setting.js';
import { SERVER_SETTINGS, SETTINGS, SOURCE_SETTINGS } from './settings.js';

const HEAD = `# Settings of steplease: steplease serve --config FILE, or STEPLEASE_CONFIG=FILE.
# Flags win over variables, variables over this file. Relative paths start from the directory of this file.
# Durations are seconds, or texts such as 250ms, 30s, 1.5m, 2h and 7d.
# Every setting is here. Those with a # directly before them are not set; the others show their defaults.
`;

/** Shown for settings that have no default. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  admin_token_file: '/run/secrets/steplease-admin',
  tls_cert: '/etc/steplease/tls.crt',
  tls_key: '/etc/steplease/tls.key',
  tls_client_ca: '/etc/steplease/clients.crt',
  max_waits_per_token: 1_000,
  max_leases_per_token: 1_000,
  max_streams_per_token: 100,
  max_connections_per_token: 1_000,
  requests_per_second: 1_000,
  max_retained_bytes: 1_000_000_000_000,
  max_lease_life: '24h',
  max_runs_per_token: 100,
  max_consumers_per_token: 100,
  directory: '/ckpts/run',
  run: [
    'eval=/ckpts/eval',
    {
      name: 'mnist',
      directory: '/ckpts/mnist',
      step_name_formats: [{ step_prefix: 'checkpoint', step_format_fixed_length: 8 }, {}],
      poll_interval: '5s',
    },
  ],
  step_prefix: 'checkpoint',
  step_format_fixed_length: 8,
  commit_mode: 'commit_file',
  commit_marker: 'COMPLETE',
  settle: '5s',
  poll_interval: '1s',
  snapshot_dir: '/ckpts/snapshots/run',
  min_free_bytes: 10_000_000_000,
  max_leases_per_step: 100,
};

const SECTIONS: readonly (readonly [string, readonly Setting[]])[] = [
  ['The server', Object.values(SERVER_SETTINGS)],
  ['The runs', Object.values(SOURCE_SETTINGS)],
  [
    'Options of the run "default", which a DIR makes. A run of the list above has its own, by the same names',
    runSettings(),
  ],
];

/** A configuration file with every setting: what it does, and its default or an example. */
export function exampleFile(): string {
  const sections = SECTIONS.map(([title, settings]) => `\n## ${title}.\n\n${settings.map(entry).join('\n')}`);
  return `${HEAD}${sections.join('')}`;
}

function runSettings(): readonly Setting[] {
  const others = new Set<Setting>([...Object.values(SERVER_SETTINGS), ...Object.values(SOURCE_SETTINGS)]);
  return Object.values(SETTINGS).filter((setting) => !others.has(setting));
}

function entry(setting: Setting): string {
  const { name, description, fallback } = setting;
  const choices = choicesOf(setting);
  const example = EXAMPLES[name];
  const yaml = stringify({ [name]: example ?? fallback ?? choices[0] ?? null });
  const isSet = fallback !== null && example === undefined;
  const rule =
    choices.length === 0 ? '' : ` One of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}.`;
  return `# ${description}${rule}\n${isSet ? yaml : yaml.replace(/^(?=.)/gm, '#')}`;
}

/** The values of a closed set; empty where the schema has none. */
function choicesOf({ schema, kind }: Setting): readonly unknown[] {
  if (kind === 'boolean') return [true, false];
  // A TypeBox schema is a JSON Schema object.
  return (schema as { enum?: readonly unknown[] }).enum ?? [];
}
