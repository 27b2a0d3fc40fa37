export { type FfmpegProblem, type FfmpegReport, inspectFfmpeg } from './doctor.ts';
export { ffmpeg } from './media.ts';
export type { FfmpegOptions, Loudness, Preset } from './options.ts';
export { type ProcessRequest, type ProcessResult, runProcess } from './process.ts';
export { type FfmpegOrigin, type FfmpegTools, type ResolveOptions, resolveFfmpeg } from './resolve.ts';
export type { Findings } from './suitability.ts';
