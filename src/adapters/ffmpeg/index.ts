export { type ProcessRequest, type ProcessResult, runProcess } from './process.ts';
export { type FfmpegOrigin, type FfmpegTools, type ResolveOptions, resolveFfmpeg } from './resolve.ts';
