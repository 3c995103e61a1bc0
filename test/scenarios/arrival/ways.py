"""Brings one real checkpoint into a watched directory in every way that people use, changes it there, and restores it from leases.

Usage: ways.py SERVER ROOT SCRATCH. One line of JSON per way on standard output: when the step was first offered (seconds after the way had
ended), with how many files of how many, and whether real Orbax restored every value from a lease that was taken at that moment.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import orbax.checkpoint as ocp

SERVER, ROOT, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
ARRAYS = 100
POOL = concurrent.futures.ThreadPoolExecutor(1)


def call(method, path, body=None):
  request = urllib.request.Request(SERVER + path, method=method)
  if body is not None:
    request.add_header('content-type', 'application/json')
    request.data = json.dumps(body).encode()
  try:
    with urllib.request.urlopen(request, timeout=120) as answer:
      return answer.status, json.loads(answer.read() or 'null')
  except urllib.error.HTTPError as error:
    return error.code, json.loads(error.read())


def count(directory):
  return sum(len(files) for _, _, files in os.walk(directory))


def run(*command):
  subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def save():
  """A step of more than two hundred files, of two items."""
  tree = {f'p{index:03d}': np.arange(16, dtype=np.float32) + index for index in range(ARRAYS)}
  handlers = {'default': ocp.PyTreeCheckpointHandler(use_ocdbt=False, use_zarr3=False), 'extra': ocp.PyTreeCheckpointHandler()}
  with ocp.CheckpointManager(SCRATCH / 'source', item_handlers=handlers) as manager:
    extra = ocp.args.PyTreeSave({'a': np.ones(4)})
    manager.save(1, args=ocp.args.Composite(default=ocp.args.PyTreeSave(tree), extra=extra))
  return SCRATCH / 'source' / '1'


def restored(path):
  """Whether Orbax restores every value of the item from a lease's path."""
  tree = ocp.PyTreeCheckpointer().restore(pathlib.Path(path) / 'default')
  return len(tree) == ARRAYS and all(
      np.array_equal(tree[f'p{index:03d}'], np.arange(16, dtype=np.float32) + index) for index in range(ARRAYS)
  )


def offered(step):
  """Waits for a step; gives the moment, and the lease that was taken at once."""
  _, wait = call('GET', f'/wait?until={step}&timeout=60')
  moment = time.time()
  status, lease = call('POST', '/leases', {'step': step})
  return moment, wait.get('satisfied'), status, lease


def report(way, ended, moment, satisfied, status, lease, total):
  files = count(lease['path']) if status == 201 else None
  whole = status == 201 and restored(lease['path'])
  line = {'way': way, 'offered': satisfied, 'after': round(moment - ended, 3), 'files': files, 'of': total, 'restored': whole}
  print(json.dumps(line if status == 201 else {**line, 'code': lease.get('code')}), flush=True)
  if status == 201:
    call('DELETE', f'/leases/{lease["id"]}')


def in_slices(source, target):
  """Written in place by somebody who pauses between the parts."""
  target.mkdir()
  for directory, _, names in os.walk(source):
    below = target / os.path.relpath(directory, source)
    below.mkdir(exist_ok=True)
    for place, name in enumerate(names):
      shutil.copy(os.path.join(directory, name), below)
      if place % 100 == 99:
        time.sleep(0.3)


def from_elsewhere(source, target):
  """`mv` between filesystems, which copies; within one where there is no second."""
  other = pathlib.Path('/dev/shm') if os.access('/dev/shm', os.W_OK) else SCRATCH
  aside = other / f'steplease-{os.getpid()}'
  run('cp', '-a', source, aside)
  run('mv', aside, target)


def by_rename(source, target):
  run('cp', '-r', source, f'{target}.staging')
  os.rename(f'{target}.staging', target)


def unpacked(source, target):
  target.mkdir()
  subprocess.run(f'tar -C {source} -c . | tar -C {target} -x', shell=True, check=True)


WAYS = {
    'rename': by_rename,
    'cp -r': lambda source, target: run('cp', '-r', source, target),
    'cp -a': lambda source, target: run('cp', '-a', source, target),
    'cp -al': lambda source, target: run('cp', '-al', source, target),
    'rsync -a': lambda source, target: run('rsync', '-a', f'{source}/', target),
    'rsync -a --inplace': lambda source, target: run('rsync', '-a', '--inplace', f'{source}/', target),
    'tar x': unpacked,
    'mv across filesystems': from_elsewhere,
    'shutil.copytree': lambda source, target: shutil.copytree(source, target),
    'slow shards': in_slices,
}


def rewrite(path):
  content = path.read_bytes()
  path.write_bytes(content)


def replace(path):
  aside = path.with_name(path.name + '.new')
  aside.write_bytes(path.read_bytes())
  aside.rename(path)


def delete_item(step):
  """Orbax's own deletion of one checkpointable, which it has since 0.12.8."""
  from orbax.checkpoint.experimental.v1._src.deletion import deletion  # pylint: disable=g-import-not-at-top

  deletion.delete(step, checkpointable_name='extra')


CHANGES = {
    'touch one file': lambda step: os.utime(step / 'default' / 'p000' / '.zarray'),
    'touch every file': lambda step: run('find', step, '-type', 'f', '-exec', 'touch', '{}', '+'),
    'rewrite one file': lambda step: rewrite(step / 'default' / 'p000' / '.zarray'),
    'replace one file': lambda step: replace(step / 'default' / 'p000' / '.zarray'),
    'rewrite the metadata': lambda step: replace(step / '_CHECKPOINT_METADATA'),
    'rsync again': lambda step: run('rsync', '-a', '--ignore-times', f'{SCRATCH}/source/1/', step),
    'delete one item': delete_item,
}


def main():
  source = save()
  total = count(source)
  step = 1000
  for way, bring in WAYS.items():
    step += 1
    waiting = POOL.submit(offered, step)
    bring(source, ROOT / str(step))
    ended = time.time()
    report(way, ended, *waiting.result(), total)
  for change, make in CHANGES.items():
    step += 1
    by_rename(source, ROOT / str(step))
    _, before = call('GET', f'/wait?until={step}&timeout=60')
    make(ROOT / str(step))
    ended = time.time()
    _, latest = call('GET', '/steps/latest')
    refused, _ = call('POST', '/leases', {'step': step})
    print(json.dumps({'change': change, 'offered_meanwhile': latest.get('step') == step, 'lease_meanwhile': refused}), flush=True)
    call('GET', f'/wait?after={before["cursor"]}&timeout=60')
    report(change, ended, *offered(step), count(ROOT / str(step)))


main()
