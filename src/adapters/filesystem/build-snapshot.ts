import type { BigIntStats } from 'node:fs';
import type { BuildPlan, BuildResult } from '../../engine/file-system.js';
import type { Identity, Inventory } from '../../engine/inspection.js';
import { about, failureAt, NameTaken, refusal, resultOf, StepGone } from './build-failure.js';
import { DirectoryHandle, entryName, withHandle } from './directory-handle.js';
import { eraseIn } from './erase.js';
import { errnoOf, isNotDirectory } from './errno.js';
import { identityOf } from './identity.js';
import type { Os } from './os.js';
import { TreeBuilder } from './tree-builder.js';

/**
 * Builds under the temporary name, verifies, flushes, publishes by one rename, flushes that: at every moment the published name
 * shows a complete and durable snapshot or nothing (invariants 1, 2 and 6). Whatever goes wrong, what was built is removed.
 */
export async function buildSnapshot(os: Os, plan: BuildPlan): Promise<BuildResult> {
  for (const name of [plan.temporaryName, plan.stepName, publishedNameOf(plan)]) entryName(name);
  const refused = refusal(plan);
  if (refused !== null) return refused;
  try {
    const home = about(plan.snapshotDirectory, () =>
      DirectoryHandle.open(os, 'open snapshot directory', plan.snapshotDirectory),
    );
    return await withHandle(home, () => buildIn(os, home, plan));
  } catch (error) {
    return resultOf(error, plan);
  }
}

async function buildIn(os: Os, home: DirectoryHandle, plan: BuildPlan): Promise<BuildResult> {
  expectFree(os, home, publishedNameOf(plan));
  return withHandle(openStep(os, plan), async (source) => {
    await makeTemporary(os, home, plan.temporaryName);
    const publication = { published: false };
    try {
      const inventory = await buildAndPublish(os, home, source, plan, publication);
      return { outcome: 'built', inventory };
    } catch (error) {
      await clear(os, home, plan, publication.published);
      throw error;
    }
  });
}

async function buildAndPublish(
  os: Os,
  home: DirectoryHandle,
  source: DirectoryHandle,
  plan: BuildPlan,
  publication: { published: boolean },
): Promise<Inventory> {
  const wrapper = about(plan.temporaryName, () => home.child('open temporary', plan.temporaryName));
  return withHandle(wrapper, async () => {
    const step = about(plan.stepName, () => {
      os.mkdir('make directory', wrapper.at(plan.stepName), 0o700);
      return wrapper.child('open directory', plan.stepName);
    });
    return withHandle(step, async () => {
      const builder = new TreeBuilder(os, plan);
      const inventory = await builder.build(source, step);
      const sync = (directory: DirectoryHandle) =>
        about(directory.path, () => os.fsync('sync directory', directory.fd));
      if (plan.publishedName !== null) {
        builder.seal(step, 0);
        sync(step);
        // Whoever may enter the step may enter the directory around it.
        builder.seal(wrapper, 0);
        sync(wrapper);
        publish(os, home, home.at(plan.temporaryName), plan.publishedName);
        publication.published = true;
      } else {
        sync(step);
        publish(os, home, wrapper.at(plan.stepName), plan.stepName);
        publication.published = true;
        builder.seal(step, 0);
        sync(step);
        about(plan.temporaryName, () => os.rmdir('remove temporary', home.at(plan.temporaryName)));
      }
      about(home.path, () => os.fsync('sync publication', home.fd));
      return inventory;
    });
  });
}

/** rename(2) would replace an empty directory without a word, so the name is looked at first; only this process writes there. */
function publish(os: Os, home: DirectoryHandle, from: string, name: string): void {
  expectFree(os, home, name);
  try {
    os.rename('publish snapshot', from, home.at(name));
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error))) throw new NameTaken();
    throw failureAt(`${home.path}/${name}`, error);
  }
}

function publishedNameOf(plan: BuildPlan): string {
  return plan.publishedName ?? plan.stepName;
}

function expectFree(os: Os, home: DirectoryHandle, name: string): void {
  try {
    os.lstat('check published name', home.at(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw failureAt(`${home.path}/${name}`, error);
  }
  throw new NameTaken();
}

function openStep(os: Os, { source, identity }: BuildPlan): DirectoryHandle {
  let step: DirectoryHandle;
  try {
    step = DirectoryHandle.open(os, 'open step', source);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') throw new StepGone('', 'missing');
    if (isNotDirectory(errno)) throw new StepGone('', 'replaced');
    throw failureAt(source, error);
  }
  try {
    about(source, () => expectIdentity(os.fstat('verify step', step.fd), identity));
    return step;
  } catch (error) {
    step.close();
    throw error;
  }
}

/** An inode number comes back soon after a removal; the birth time, where there is one, does not. */
function expectIdentity(stats: BigIntStats, { saving }: Identity): void {
  if (identityOf(stats).saving !== saving) throw new StepGone('', 'replaced');
}

/** What a crash left under this name was never published, and nobody builds the same one twice at a time. */
async function makeTemporary(os: Os, home: DirectoryHandle, name: string): Promise<void> {
  const make = () => os.mkdir('make temporary', home.at(name), 0o700);
  try {
    make();
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') await eraseIn(os, home, name);
    about(`${home.path}/${name}`, () => {
      if (errnoOf(error) !== 'EEXIST') throw error;
      make();
    });
  }
}

/** The first error is the one to report; what cannot be removed now is found by the reconciler under its temporary name. */
async function clear(os: Os, home: DirectoryHandle, plan: BuildPlan, published: boolean): Promise<void> {
  if (published) await eraseIn(os, home, publishedNameOf(plan));
  await eraseIn(os, home, plan.temporaryName);
}
