import { malformed } from './config-error.js';
import { readAs } from './kinds.js';
import { ruleOf } from './rule.js';
import { RUN_SETTINGS } from './run-settings.js';
import { flagOf } from './setting.js';

/**
 * The options of a run as the body of `PUT /runs/{run}` has them, durations in seconds.
 *
 * @param flags texts of the command line by the settings' names; only what was given is sent.
 * @param base directory that relative paths start from.
 * @throws ConfigError
 */
export function readRunBody(
  flags: Readonly<Record<string, unknown>>,
  base: string,
): Readonly<Record<string, unknown>> {
  const given = Object.values(RUN_SETTINGS).filter(({ name }) => flags[name] !== undefined);
  return Object.fromEntries(
    given.map((setting) => {
      const raw = flags[setting.name];
      const value = readAs(setting.kind, raw, base);
      if (value === undefined || !setting.accepts(value))
        throw malformed(flagOf(setting), raw, ruleOf(setting));
      return [setting.name, setting.kind === 'duration' ? Number(value) / 1_000 : value];
    }),
  );
}
