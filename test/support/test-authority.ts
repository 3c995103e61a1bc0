import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const DAY_MS = 86_400_000;

/** Certificate and key as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
interface Statement {
  readonly subject: Subject;
  readonly publicKey: string;
  readonly days: number;
  readonly extensions: readonly object[];
}

type Subject = Readonly<Record<string, string>>;

/** A certificate authority that lives as long as the test. */
export class TestAuthority {
  /** Its own certificate, as PEM. */
  readonly cert: string;
  readonly #subject: Subject;
  readonly #key: string;
  #serial = 0;

  constructor(name: string) {
    const { publicKey, privateKey } = newKeys();
    this.#subject = { CN: name };
    this.#key = privateKey;
    const extensions = [{ name: 'basicConstraints', cA: true, critical: true }];
    this.cert = this.#sign({ subject: this.#subject, publicKey, days: 1, extensions });
  }

  /** @param subject such as `{ CN: 'eval-1' }`; `days` until it expires, negative ones for one that has. */
  issue(subject: Subject, days = 1): Identity {
    const { publicKey, privateKey } = newKeys();
    const altNames = [
      { type: 7, ip: '127.0.0.1' },
      { type: 2, value: 'localhost' },
    ];
    const extensions = [{ name: 'subjectAltName', altNames }];
    return { cert: this.#sign({ subject, publicKey, days, extensions }), key: privateKey };
  }

  #sign({ subject, publicKey, days, extensions }: Statement): string {
    const certificate = forge.pki.createCertificate();
    this.#serial += 1;
    certificate.serialNumber = this.#serial.toString(16).padStart(2, '0');
    certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
    const end = Date.now() + days * DAY_MS;
    certificate.validity.notAfter = new Date(end);
    certificate.validity.notBefore = new Date(Math.min(Date.now(), end) - DAY_MS);
    certificate.setSubject(attributes(subject));
    certificate.setIssuer(attributes(this.#subject));
    certificate.setExtensions([...extensions]);
    certificate.sign(forge.pki.privateKeyFromPem(this.#key), forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  }
}

function attributes(subject: Subject): { shortName: string; value: string }[] {
  return Object.entries(subject).map(([shortName, value]) => ({ shortName, value }));
}

function newKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
