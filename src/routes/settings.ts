import type { FastifyBaseLogger } from 'fastify';
import type { Access } from '../engine/access/access.js';
import type { Bounds } from '../engine/access/limit.js';
import type { Clock } from '../engine/clock.js';
import type { Engine } from '../engine/engine.js';

/** Certificate, key and the authorities of client certificates, as PEM; without authorities no client certificate is asked for. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

/** What a server shows its clients, and how it hears of newer ones. */
export interface TlsSource {
  readonly material: TlsMaterial;
  onChange(take: (material: TlsMaterial) => void): void;
}

/** What the composition root gives to the HTTP server. */
export interface HttpSettings {
  readonly engine: Engine;
  readonly access: Access;
  /** Whether `/docs` and `/openapi.yaml` need no token. Default: they need one. */
  readonly publicDocs?: boolean;
  /** Request ids, pings and stall limits come from it. */
  readonly clock: Clock;
  /** Of the package, for `/version`. */
  readonly version: string;
  /** The address or name that will be bound; requests may name it in `Host`. */
  readonly host?: string;
  /** More names for `Host`: `name` (any port) or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** More origins that browsers may call from, such as `https://dashboard.example`. */
  readonly allowedOrigins?: readonly string[];
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-…` headers count; none if left out. */
  readonly trustedProxies?: readonly string[];
  /** How many connections there may be; any number if left out. */
  readonly connections?: Bounds;
  /** How many requests a caller may send in a second; null or left out: any number. */
  readonly requestsPerSecond?: number | null;
  /** Speak https; null or left out: http. */
  readonly tls?: TlsSource | null;
  /** One line per request; false or left out: none. */
  readonly logger?: FastifyBaseLogger | false;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** How long the headers of a request may take to arrive, and then its body. Default 10 s. */
  readonly arrivalMs?: number;
  /** How long a stream's client may take no data before it is closed. Default 10 s. */
  readonly streamStallMs?: number;
  /** Between two pings of a WebSocket client. Default 30 s. */
  readonly pingIntervalMs?: number;
  /** Bound of the cached answers of `GET /steps`. Default 32 MiB. */
  readonly stepListCacheBytes?: number;
  /** Once aborted, every request except health checks is answered `503 shutting_down`, and WebSockets are closed with 1001. */
  readonly stopping?: AbortSignal;
  /** Told of every error that clients only see as `500 internal`. Default: the logger. */
  readonly onInternalError?: (error: unknown, request: FailedRequest) => void;
}

export interface FailedRequest {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the URL: lease ids stay out of logs. Null when no route matched. */
  readonly route: string | null;
}
