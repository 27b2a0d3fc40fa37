/** The four functions of the flow as handlers: the paths, bodies and answers that its callers know. */
import type { Pipeline } from '../core/pipeline.ts';
import type { Logger } from '../core/ports.ts';
import { redactingLogger } from '../core/redact.ts';
import { assemblerFunction } from './assembler-function.ts';
import { type Auth, authenticator } from './auth.ts';
import { type Handler, Refusal, refuse, safely } from './http.ts';
import { monitorFunction } from './monitor-function.ts';
import { type NudgeOptions, nudger } from './nudge.ts';
import { scriptFunction } from './script-function.ts';
import type { FilmDefaults } from './uploaded-script.ts';
import { videoFunction } from './video-function.ts';

/** What the functions of the flow are made with. */
export interface FunctionsOptions {
  /** With the ports that this function has: what it lacks, the others do. */
  readonly films: Pipeline;
  /** The bucket whose events count; events of others are acknowledged and ignored. */
  readonly bucket: string;
  /** Who may call: tokens with this audience of these callers, or anyone. */
  readonly auth: Auth;
  /** For films of requests and uploaded scripts that do not say it themselves: language, style, captions … */
  readonly defaults?: FilmDefaults;
  /** The other functions' addresses, where they have any. Without them their events and scheduler jobs wake them. */
  readonly nudges?: NudgeOptions;
  /** How long one call of the monitor goes on looking, less than the scheduler's period. @default 50000 */
  readonly tickMs?: number;
  /** How long one call begins new work for a film; what is begun is ended. @default 240000 */
  readonly advanceMs?: number;
  /** Where the functions say what they do. */
  readonly logger?: Logger;
}

/** Each is registered as an HTTP function; events and requests come in by the same door. */
export interface Functions {
  /** `POST /agent-script-v2` */
  readonly script: Handler;
  /** `POST /agent-video-v2` and storage events */
  readonly video: Handler;
  /** `POST /monitor-veo31` */
  readonly monitor: Handler;
  /** `POST /agent-assembler-v2` and storage events */
  readonly assembler: Handler;
  /** All four behind one address, by their names as paths. */
  readonly all: Handler;
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Makes the handlers. Throws `auth-not-configured`. */
export function createFunctions(options: FunctionsOptions): Functions {
  const { films, bucket, auth, defaults = {}, tickMs = 50_000, advanceMs = 240_000 } = options;
  const logger = redactingLogger(options.logger ?? silent);
  const authenticate = authenticator(auth);
  const context = { films, bucket, defaults, tickMs, advanceMs, logger, nudges: nudger(films, options.nudges, logger) };

  const guarded = (name: string, handle: Handler): Handler => {
    return (request) =>
      safely(logger, name, async () => {
        if (request.method !== 'POST') throw new Refusal(405, 'method-not-allowed');
        if (!(await authenticate(request))) throw new Refusal(401, 'unauthenticated');
        return handle(request);
      });
  };

  const script = guarded('agent-script-v2', scriptFunction(context));
  const video = guarded('agent-video-v2', videoFunction(context));
  const monitor = guarded('monitor-veo31', monitorFunction(context));
  const assembler = guarded('agent-assembler-v2', assemblerFunction(context));
  const byPath: Readonly<Record<string, Handler>> = {
    '/agent-script-v2': script,
    '/agent-video-v2': video,
    '/monitor-veo31': monitor,
    '/agent-assembler-v2': assembler,
  };
  return {
    script,
    video,
    monitor,
    assembler,
    all: async (request) => (await byPath[new URL(request.url).pathname]?.(request)) ?? refuse(404, 'not-found'),
  };
}
