import { isIPv4 } from 'node:net';

/** Whether only this machine reaches a server that listens on `host`: localhost, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
