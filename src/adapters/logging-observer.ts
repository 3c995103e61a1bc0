import type { Logger } from 'pino';
import type { Observer } from '../engine/observer.js';

/**
 * Writes what happens to the log. Routine is `debug` (each scan, wait and renewal), what an operator may want to follow is `info`, what
 * needs a look is `warn`, what lost or may lose something is `error`.
 */
export function loggingObserver(log: Logger): Observer {
  return {
    scanFinished: (scan) => log.debug(scan, 'scan finished'),
    scanFailed: (scan) => log.warn(scan, 'scan failed'),
    // A directory that is not there may come; it may just as well be mistyped.
    runStateChanged: (run) =>
      log[run.to === 'watching' || run.to === 'finished' ? 'info' : 'warn'](
        run,
        `run ${run.run} of ${run.directory} is ${run.to}`,
      ),
    watchDegraded: (watch) => log.warn(watch, 'watching by polling'),
    watchRecovered: (watch) => log.info(watch, 'watching by events again'),
    eventAppended: (event) => log.debug(event, 'event appended'),
    waitStarted: (wait) => log.debug(wait, 'wait started'),
    waitEnded: (wait) => log.debug(wait, 'wait ended'),
    tokenCreated: (token) => log.info(token, 'token created'),
    adminTokenFileRefused: (refusal) =>
      log.warn(refusal, 'the admin token file cannot be used: the last token in it counts'),
    tokenRevoked: (token) => log.info(token, 'token revoked'),
    leaseGranted: (lease) => log.info(lease, 'lease granted'),
    leaseRenewed: (lease) => log.debug(lease, 'lease renewed'),
    leaseEnded: (lease) => log[lease.state === 'lost' ? 'error' : 'info'](lease, `lease ${lease.state}`),
    grantFailed: (grant) => log.warn(grant, 'no lease granted'),
    snapshotBuilt: (snapshot) => log.info(snapshot, 'snapshot built'),
    snapshotRemoved: (snapshot) => log.info(snapshot, 'snapshot removed'),
    snapshotStuck: (snapshot) => log.error(snapshot, 'snapshot cannot be removed'),
    stepHeld: (hold) => log.debug(hold, 'step held for a consumer'),
    holdFailed: (hold) => log.warn(hold, 'step not held for a consumer'),
    stepSkipped: (step) => log.warn(step, 'step skipped by a consumer'),
    stepParked: (step) => log.warn(step, 'step parked by a consumer'),
    deliveryEnded: (delivery) => log.debug(delivery, 'delivery ended'),
    reconciled: (repair) => log.warn(repair, 'reconciled after an interruption'),
    retentionPruned: (pruned) => log.debug(pruned, 'old records removed'),
    certificateTaken: ({ isExpired, ...certificate }) =>
      log[isExpired ? 'warn' : 'info'](
        certificate,
        isExpired ? 'certificate taken: it has expired, and clients will refuse it' : 'certificate taken',
      ),
    certificateRefused: (files) =>
      log.warn(files, 'the new certificate cannot be used: the server goes on with the last good one'),
    storeCommitFailed: ({ error }) => log.error({ err: error }, 'database commit failed'),
    internalError: ({ during, error }) => log.error({ err: error }, `internal error while ${during}`),
  };
}
