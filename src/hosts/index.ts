/** Entry points for cloud functions and servers, on web-standard `Request` and `Response`. */
export { type Auth, authenticated, type IdToken, type OidcOptions } from './auth.ts';
export { logEvents } from './event-log.ts';
export { createFunctions, type Functions, type FunctionsOptions } from './functions.ts';
export type { Handler } from './http.ts';
export { type JsonLoggerOptions, jsonLogger } from './json-logger.ts';
export { toNodeHandler } from './node.ts';
export type { NudgeOptions } from './nudge.ts';
export type { FilmDefaults } from './uploaded-script.ts';
export { createVideos, type VideosOptions } from './videos.ts';
