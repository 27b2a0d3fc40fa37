/** What all four functions have in common: the bucket, the database, the log, and who may call. */
import { firestore, gcs } from 'reelstate/google-cloud';
import { type FunctionsOptions, jsonLogger, logEvents } from 'reelstate/hosts';
import type { Connections, Environment } from './environment.ts';

export const logger = jsonLogger();

export const shared = ({ project, bucket }: Environment, to: Connections) => ({
  storage: gcs({ bucket, projectId: project, ...to.storage }),
  state: logEvents(firestore({ projectId: project, ...to.state }), logger),
  logger,
});

/** Everything of `createFunctions` but the pipeline. */
export const hosting = (environment: Environment, to: Connections): Omit<FunctionsOptions, 'films'> => ({
  bucket: environment.bucket,
  auth: { ...environment.oidc, ...(to.oidc === undefined ? {} : { client: to.oidc }) },
  defaults: { language: environment.language },
  nudges: {
    urls: {
      // All of this flow's functions are ours, so the one that makes block 1 also makes the others.
      ...(environment.videoUrl === undefined ? {} : { video: environment.videoUrl, monitor: environment.videoUrl }),
      ...(environment.assemblerUrl === undefined ? {} : { assembler: environment.assemblerUrl }),
    },
    ...(to.idToken === undefined ? {} : { idToken: to.idToken }),
  },
  logger,
  ...(to.tickMs === undefined ? {} : { tickMs: to.tickMs }),
});
