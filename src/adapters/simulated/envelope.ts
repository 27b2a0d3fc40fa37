/** How loud a sound is from moment to moment: enough to tell whose speech it is, and where in it one is. */

/** One value per 10 ms. */
export type Envelope = Float32Array;

export const STEP_MS = 10;

/** Root mean square per step. */
export function envelopeOf(samples: Int16Array, sampleRate: number): Envelope {
  const step = (sampleRate * STEP_MS) / 1000;
  const envelope = new Float32Array(Math.floor(samples.length / step));
  for (let i = 0; i < envelope.length; i += 1) {
    const from = Math.round(i * step);
    const to = Math.round((i + 1) * step);
    let sum = 0;
    for (let at = from; at < to; at += 1) sum += (samples[at] ?? 0) ** 2;
    envelope[i] = Math.sqrt(sum / (to - from));
  }
  return envelope;
}

/** Above this is sound, below is what encoding leaves in silence. */
export const AUDIBLE = 150;
/** So much sound must agree before a match means anything, steps. */
const LEAST_OVERLAP = 30;
/** A true match through AAC and another sample rate correlates by more than .98, other speech by less than .8. */
const LEAST_CORRELATION = 0.93;
/** Steps by which the first, coarse search jumps. */
const COARSE = 3;

export interface Match {
  /** Where in the heard sound the known one begins, steps; negative where its start was cut off. */
  readonly lag: number;
  readonly correlation: number;
}

/** Where in `heard` the sound `known` lies, whole or in part. */
export function locate(known: Envelope, heard: Envelope): Match | undefined {
  let best: Match | undefined;
  const consider = (lag: number) => {
    const correlation = correlate(known, heard, lag);
    if (correlation !== undefined && (!best || correlation > best.correlation)) best = { lag, correlation };
  };
  for (let lag = -known.length + LEAST_OVERLAP; lag <= heard.length - LEAST_OVERLAP; lag += COARSE) consider(lag);
  const near = best?.lag;
  if (near === undefined) return undefined;
  for (let lag = near - COARSE; lag <= near + COARSE; lag += 1) consider(lag);
  return best && best.correlation >= LEAST_CORRELATION ? best : undefined;
}

/** Cosine of the two over the stretch in which both exist; what is loud in only one of them counts against it. */
function correlate(known: Envelope, heard: Envelope, lag: number): number | undefined {
  const from = Math.max(0, -lag);
  const to = Math.min(known.length, heard.length - lag);
  let product = 0;
  let knownPower = 0;
  let heardPower = 0;
  let audible = 0;
  for (let i = from; i < to; i += 1) {
    const a = known[i] as number;
    const b = heard[i + lag] as number;
    product += a * b;
    knownPower += a * a;
    heardPower += b * b;
    if (a > AUDIBLE) audible += 1;
  }
  if (audible < LEAST_OVERLAP || heardPower === 0) return undefined;
  return product / Math.sqrt(knownPower * heardPower);
}
