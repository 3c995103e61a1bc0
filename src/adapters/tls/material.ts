import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Where certificate, key and the authorities of client certificates are. Null: no client certificate is asked for. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

/** What they hold, as PEM, checked: they belong together, and a server can use them. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

/** What an operator wants to know of the certificate that is shown to clients. */
export interface CertificateFacts {
  readonly subject: string;
  readonly validTo: string;
  readonly isExpired: boolean;
}

/** A file cannot be used. The message names its setting, its path and the fault, and nothing of its content. */
class TlsFileError extends Error {
  constructor(setting: string, path: string, fault: string, cause?: unknown) {
    super(`${setting}: ${path} ${fault}`, { cause });
    this.name = 'TlsFileError';
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws TlsFileError */
export async function readMaterial(paths: TlsPaths): Promise<TlsMaterial> {
  const [cert, key, clientCa] = await Promise.all([
    read('tls_cert', paths.cert),
    read('tls_key', paths.key),
    paths.clientCa === null ? null : read('tls_client_ca', paths.clientCa),
  ]);
  const [leaf] = certificatesIn('tls_cert', paths.cert, cert);
  if (!leaf?.checkPrivateKey(privateKey(paths.key, key)))
    throw new TlsFileError('tls_key', paths.key, `is not the key of the certificate in ${paths.cert}`);
  // Without a certificate in it the public authorities would count, and let everybody in who has a certificate of theirs.
  if (paths.clientCa !== null) certificatesIn('tls_client_ca', paths.clientCa, clientCa ?? '');
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new TlsFileError('tls_cert', paths.cert, `cannot be used: ${messageOf(error)}`, error);
  }
  return { cert, key, clientCa };
}

/** @param nowMs wall time. */
export function certificateFacts({ cert }: TlsMaterial, nowMs: number): CertificateFacts {
  const { subject, validTo } = new X509Certificate(cert);
  return { subject: subject.replaceAll('\n', ', '), validTo, isExpired: Date.parse(validTo) <= nowMs };
}

async function read(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TlsFileError(setting, path, `cannot be read: ${messageOf(error)}`, error);
  }
}

function certificatesIn(setting: string, path: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new TlsFileError(setting, path, 'holds no certificate in PEM form');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new TlsFileError(setting, path, `holds a certificate that cannot be read`, error);
  }
}

function privateKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const fault = pem.includes('ENCRYPTED')
      ? 'is encrypted: it must be a key without a passphrase, readable by the server alone'
      : 'holds no private key in PEM form';
    throw new TlsFileError('tls_key', path, fault, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
