/** Colours by name. The script's visuals name one, and the simulated video model does as it is told. */
import { choose, seeded } from './random.ts';

export type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  readonly name: string;
  /** Sky, from the zenith to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  readonly sun: Colour;
  /** Hills, from the farthest to the nearest. */
  readonly hills: readonly [Colour, Colour, Colour];
}

const colour = (hex: string): Colour => [
  Number.parseInt(hex.slice(0, 2), 16),
  Number.parseInt(hex.slice(2, 4), 16),
  Number.parseInt(hex.slice(4, 6), 16),
];

const palette = (name: string, ...hex: readonly [string, string, string, string, string, string, string]): Palette => {
  const [zenith, middle, horizon, sun, far, mid, near] = hex.map(colour) as unknown as readonly Colour[] & {
    length: 7;
  };
  return {
    name,
    sky: [zenith as Colour, middle as Colour, horizon as Colour],
    sun: sun as Colour,
    hills: [far as Colour, mid as Colour, near as Colour],
  };
};

export const PALETTES: readonly Palette[] = [
  palette('blue hour', '10214f', '2f5d9e', 'f2a65a', 'ffe3b0', '4a6ea3', '27457a', '12244d'),
  palette('coral dawn', '3b2a6b', 'c4577c', 'ffb07c', 'fff0c9', 'a35584', '6b3a70', '331e4d'),
  palette('emerald morning', '0c4a5b', '2f9a86', 'f3e09b', 'fffbe0', '4f9c83', '23705f', '0d3f3b'),
  palette('violet dusk', '1d1147', '6a3fa0', 'f08fb4', 'ffd9e8', '7d4fa3', '4b2d7c', '23124a'),
  palette('amber noon', '1f6f9f', '6db7c9', 'f9dfa1', 'fff7d6', 'c79a5b', '94643a', '4d3220'),
  palette('crimson evening', '2a1036', '8f2d56', 'f58549', 'ffe0a3', '91344f', '5c1f3f', '2a0e24'),
  palette('teal night', '071a2e', '0f4c5c', '5fa8a0', 'e9fff4', '1f6a70', '11464f', '07232c'),
  palette('silver mist', '35465c', '7f97ad', 'e8e2d6', 'ffffff', '8496a6', '54677b', '2a3747'),
];

/** The palette that one of the texts names, else one chosen by the seed. */
export function paletteFor(texts: readonly (string | undefined)[], seed: unknown): Palette {
  const named = PALETTES.find(({ name }) => texts.some((text) => text?.toLowerCase().includes(name)));
  return named ?? choose(seeded('palette', seed), PALETTES);
}
