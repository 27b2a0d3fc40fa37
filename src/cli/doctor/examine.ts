import { captionFindings, ffmpegFindings } from './ffmpeg.ts';
import type { Finding } from './finding.ts';
import { folderFindings } from './folder.ts';
import { keyFindings } from './keys.ts';
import { modelFindings } from './models.ts';
import { nodeFindings } from './node.ts';
import { voiceFindings } from './voice.ts';

/** Every look that `doctor` takes, in the order in which it tells them. */
export async function examine(request: {
  readonly out: string;
  readonly language: string | undefined;
}): Promise<readonly Finding[]> {
  const looks = await Promise.all([
    nodeFindings(),
    ffmpegFindings(),
    captionFindings(request.language),
    voiceFindings(),
    folderFindings(request.out),
    modelFindings(Date.now()),
    keyFindings(),
  ]);
  return looks.flat();
}
