import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type LoadedConfig, loadConfig } from '../../src/config/config.js';
import { exampleFile } from '../../src/config/example.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DOCUMENTATION = new URL('../../../docs/configuration.md', import.meta.url);

function load(t: TestContext, text: string): LoadedConfig {
  const config = join(temporaryFolder(t), 'steplease.yaml');
  writeFileSync(config, text);
  return loadConfig({ config }, { environment: {} });
}

/** The names of the settings that did not come from the file. */
function unset({ settings }: LoadedConfig): readonly string[] {
  return settings.filter(({ source }) => source !== 'file').map(({ setting }) => setting.name);
}

test('the example loads as it is printed, and changes nothing', (t) => {
  const loaded = load(t, exampleFile());

  const defaults = new Map(
    loadConfig({}, { environment: {} }).settings.map((each) => [each.setting, each.value]),
  );
  for (const { setting, value } of loaded.settings)
    if (setting.kind !== 'path') assert.deepEqual(value, defaults.get(setting), setting.name);
});

test('the example has every setting: once the #s directly before them are taken away, all are set', (t) => {
  const loaded = load(t, exampleFile().replace(/^#(?![ #]\S|#)/gm, ''));

  assert.deepEqual(unset(loaded), []);
  assert.deepEqual(
    loaded.config.runs.map(({ name }) => name),
    ['default', 'eval', 'mnist'],
  );
});

test('the file that the documentation shows loads', (t) => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(readFileSync(DOCUMENTATION, 'utf8')) ?? [];

  const { config } = load(t, yaml);

  assert.deepEqual(
    config.runs.map(({ name }) => name),
    ['eval', 'mnist', 'mixed'],
  );
});
