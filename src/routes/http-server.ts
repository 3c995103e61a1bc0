import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import { fastify } from 'fastify';
import type { Bounds } from '../engine/access/limit.js';
import { unauthorized } from '../engine/access/unauthorized.js';
import { addConsumerRoutes } from './consumers.js';
import { addDeliveryRoutes } from './deliveries.js';
import { type AdmissionRules, admit, greet, noProxy, notFound } from './edge/admission.js';
import { bodyDeadline } from './edge/body-deadline.js';
import { Connections } from './edge/connections.js';
import { HostGuard } from './edge/host-guard.js';
import { identify, prepareIdentity, requireScopes } from './edge/identity.js';
import { endKeptAlive } from './edge/kept-alive.js';
import { LastAnswers } from './edge/last-answers.js';
import { ARRIVAL_MS, createNodeServer, hasSpoken } from './edge/node-server.js';
import { internalErrorReport, problemReplies } from './edge/problem-reply.js';
import { answerRaw } from './edge/raw-problem.js';
import { requestIds } from './edge/request-id.js';
import { quietLog } from './edge/request-log.js';
import { limitRequestRate } from './edge/request-rate.js';
import { trustedProxies } from './edge/trusted-proxies.js';
import { addEventRoute } from './events.js';
import { addHealthRoutes } from './health.js';
import type { HttpServer } from './http-server-type.js';
import { addLeaseGrantRoutes } from './lease-grant.js';
import { addLeaseRoutes } from './leases.js';
import { addDocs } from './openapi/docs.js';
import { OPENAPI_OPTIONS } from './openapi/document.js';
import { addRestoreArgsRoutes } from './restore-args.js';
import { addRestoreTargetRoute } from './restore-target.js';
import { addRunCompletionRoutes } from './run-completion.js';
import { addRunRoutes } from './runs.js';
import { addSessionRoutes } from './session.js';
import type { HttpSettings } from './settings.js';
import { addSnapshotRoutes } from './snapshots.js';
import { addStepRoutes } from './steps.js';
import { addWebSockets } from './streams/web-sockets.js';
import { addTokenRoutes } from './tokens.js';
import { addVersionRoute } from './version.js';
import { addWaitRoute } from './wait.js';
import { addWaitRecordRoutes } from './waits.js';
import { addBodylessCheck, addBodyParsers } from './wire/body-parsers.js';
import { compileSerializer, compileValidator } from './wire/validator.js';

const BODY_LIMIT = 1_024 * 1_024;
const UNBOUNDED: Bounds = { all: Infinity, perToken: null };
const STREAM_STALL_MS = 10_000;
const PING_INTERVAL_MS = 30_000;
const STEP_LIST_CACHE_BYTES = 32 * 1_024 * 1_024;

/** Builds the whole HTTP interface of an engine. Listening, draining and closing are the caller's. */
export async function buildHttpServer(settings: HttpSettings): Promise<HttpServer> {
  const { engine, access, clock, stopping } = settings;
  let closing = false;
  const report = internalErrorReport(settings.onInternalError);
  const replyWithProblem = problemReplies(report);
  const lastAnswers = new LastAnswers();
  const arrivalMs = settings.arrivalMs ?? ARRIVAL_MS;

  const { trustedProxies: proxies = [] } = settings;
  const server: HttpServer = fastify({
    trustProxy: proxies.length === 0 ? false : trustedProxies(proxies),
    ...(settings.logger ? { loggerInstance: settings.logger } : {}),
    logController: quietLog(),
    genReqId: requestIds(clock),
    bodyLimit: settings.bodyLimitBytes ?? BODY_LIMIT,
    serverFactory: (listener) => createNodeServer(listener, arrivalMs, settings.tls ?? null),
    return503OnClosing: false,
    // Names are checked by the routes; the size of the request line is the only other bound.
    routerOptions: { maxParamLength: 65_536 },
    clientErrorHandler: (error, socket) => {
      if (hasSpoken(socket) && lastAnswers.leaveRoom(socket)) answerRaw(socket, error, clock);
      else socket.destroy();
    },
    // URLs that cannot be decoded come here, past all hooks.
    frameworkErrors: (error, request, reply) => {
      try {
        greet(request, reply, rules);
        replyWithProblem(error, request, reply);
      } catch (refusal) {
        replyWithProblem(refusal, request, reply);
      }
    },
  });
  const connections = new Connections(server.server, settings.connections ?? UNBOUNDED);
  const rules: AdmissionRules = {
    guard: new HostGuard(settings),
    clock,
    connections,
    isStopping: () => closing || stopping?.aborted === true,
  };
  // Node would hang up on these without a word.
  server.server.on('connect', (_request, socket) => answerRaw(socket, noProxy(), clock));
  // Node would answer an unknown expectation itself, without our headers; ignoring it is allowed.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));

  server.setValidatorCompiler(compileValidator);
  server.setSerializerCompiler(compileSerializer);
  server.setErrorHandler(replyWithProblem);
  server.setNotFoundHandler((request) => {
    throw notFound(request);
  });
  addBodyParsers(server);
  addBodylessCheck(server);

  await server.register(swagger, OPENAPI_OPTIONS);
  const heartbeat = await addWebSockets(server, clock, settings.pingIntervalMs ?? PING_INTERVAL_MS, stopping);
  await server.register(cookie);
  prepareIdentity(server);
  requireScopes(server);
  const limitBodyTime = bodyDeadline(server.server, clock, arrivalMs);
  // After the WebSocket plugin, whose own hook marks upgrades.
  server.addHook('onRequest', async (request, reply) => {
    lastAnswers.note(request.raw.socket, reply.raw);
    limitBodyTime(request.raw);
    admit(request, reply, rules);
    identify(request, access, engine);
    const { neverRefused, scope } = request.routeOptions.config;
    // What is open to all is asked by nobody in particular.
    if (neverRefused !== true && scope !== 'none')
      connections.countFor(request.raw.socket, request.principal.name);
  });
  // Bodies may take seconds to arrive.
  server.addHook('preHandler', async ({ principal }) => {
    if (principal.ended.reason !== null) throw unauthorized('the token was revoked or has expired meanwhile');
  });
  await limitRequestRate(server, settings.requestsPerSecond ?? null);
  endKeptAlive(server.server, rules.isStopping);
  server.addHook('preClose', async () => {
    closing = true;
    connections.cutSilent();
  });

  const docsScope = settings.publicDocs === true ? 'none' : 'read';
  await addDocs(server, docsScope);
  addRunRoutes(server);
  addRunCompletionRoutes(server);
  addStepRoutes(server, settings.stepListCacheBytes ?? STEP_LIST_CACHE_BYTES);
  addWaitRoute(server);
  addWaitRecordRoutes(server);
  addLeaseGrantRoutes(server);
  addLeaseRoutes(server);
  addSnapshotRoutes(server);
  addConsumerRoutes(server);
  addDeliveryRoutes(server);
  const pace = { clock, stallMs: settings.streamStallMs ?? STREAM_STALL_MS };
  addEventRoute(server, { pace, heartbeat, report });
  addRestoreArgsRoutes(server);
  await addRestoreTargetRoute(server);
  addHealthRoutes(server, engine, rules.isStopping);
  addTokenRoutes(server, access.tokens);
  addSessionRoutes(server, access, clock);
  addVersionRoute(server, settings.version);
  return server;
}
