import assert from 'node:assert/strict';

/** A release of Orbax that scenarios run against. */
export interface OrbaxPython {
  readonly release: string;
  readonly interpreter: string;
}

const RELEASES = [
  ['0.12.4', 'STEPLEASE_TEST_PYTHON', 'requirements.txt'],
  ['0.12.8', 'STEPLEASE_TEST_NEWEST_PYTHON', 'requirements-newest.txt'],
] as const;

/** Both of them, the older one first; whoever runs scenarios names their interpreters in the environment. */
export function orbaxPythons(): readonly OrbaxPython[] {
  return RELEASES.map(([release, variable, requirements]) => {
    const interpreter = process.env[variable];
    assert.ok(interpreter, `${variable} must name a Python with test/scenarios/${requirements}`);
    return { release, interpreter };
  });
}
