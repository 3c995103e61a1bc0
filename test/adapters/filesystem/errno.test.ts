import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errnoOf, sentenceOf } from '../../../src/adapters/filesystem/errno.js';

/** As Node makes an error of a system call whose number it has no name for. */
function unknownToNode(errno: number): Error {
  const name = `Unknown system error ${-errno}`;
  return Object.assign(new Error(`${name}: ${name}, open '/proc/self/fd/12/x'`), {
    errno: -errno,
    code: name,
  });
}

test('errors of network filesystems and quotas that Node has no name for are named', () => {
  assert.equal(errnoOf(unknownToNode(116)), 'ESTALE');
  assert.equal(sentenceOf(unknownToNode(116)), 'ESTALE: stale file handle');
  assert.equal(errnoOf(unknownToNode(122)), 'EDQUOT');
  assert.equal(errnoOf(unknownToNode(117)), 'EUCLEAN');
});

test('an error that nobody has a name for stays what Node calls it', () => {
  assert.equal(errnoOf(unknownToNode(999)), 'Unknown system error -999');
});

test('an error that is none of the system is a defect, and thrown on', () => {
  assert.throws(() => errnoOf(new Error('a defect')), /a defect/);
});
