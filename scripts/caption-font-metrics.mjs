// Writes src/core/captions/font-metrics.ts from the font that ships: node scripts/caption-font-metrics.mjs
// The layout has to know how wide a line is, and which characters the font has, without reading a file.
import { readFileSync, writeFileSync } from 'node:fs';

const font = new URL('../assets/fonts/Inter-ExtraBold.ttf', import.meta.url);
const target = process.argv[2] ?? new URL('../src/core/captions/font-metrics.ts', import.meta.url);

const bytes = readFileSync(font);
const tables = readTables(bytes);
const unitsPerEm = bytes.readUInt16BE(tables.head + 18);
const advances = readAdvances(bytes, tables);
const lineUnits = bytes.readUInt16BE(tables['OS/2'] + 74) + bytes.readUInt16BE(tables['OS/2'] + 76);

writeFileSync(
  target,
  `// Generated from assets/fonts/Inter-ExtraBold.ttf by scripts/caption-font-metrics.mjs.

/** The family as libass sees it (name id 1). */
export const fontFamily = '${readName(bytes, tables.name, 1)}';

/** Font units per em. */
export const unitsPerEm = ${unitsPerEm};

/** \`usWinAscent + usWinDescent\` in font units: what libass makes as high as the ASS font size. */
export const lineUnits = ${lineUnits};

/** Height of a capital in font units. */
export const capHeight = ${bytes.readInt16BE(tables['OS/2'] + 88)};

/**
 * Advances in font units: runs of code points \`start:advance,advance,…\` joined by \`;\`, numbers in base 36, an empty advance being
 * the one before. Private use areas are left out.
 */
export const packedAdvances =
  '${pack(advances)}';
`,
);

function readTables(data) {
  const found = {};
  for (let index = 0; index < data.readUInt16BE(4); index++) {
    const record = 12 + index * 16;
    found[data.toString('latin1', record, record + 4)] = data.readUInt32BE(record + 8);
  }
  return found;
}

function readName(data, table, id) {
  const strings = table + data.readUInt16BE(table + 4);
  for (let index = 0; index < data.readUInt16BE(table + 2); index++) {
    const record = table + 6 + index * 12;
    if (data.readUInt16BE(record) !== 3 || data.readUInt16BE(record + 6) !== id) continue;
    const start = strings + data.readUInt16BE(record + 10);
    return Buffer.from(data.subarray(start, start + data.readUInt16BE(record + 8)))
      .swap16()
      .toString('utf16le');
  }
  throw new Error(`the font has no name ${id}`);
}

function readAdvances(data, at) {
  const long = data.readUInt16BE(at.hhea + 34);
  const advanceOf = (glyph) => data.readUInt16BE(at.hmtx + 4 * Math.min(glyph, long - 1));
  const result = new Map();
  for (const [codePoint, glyph] of readGlyphs(data, at.cmap)) result.set(codePoint, advanceOf(glyph));
  return result;
}

/** Code point and glyph of the font's Windows full-Unicode (format 12) or BMP (format 4) map. */
function* readGlyphs(data, cmap) {
  const maps = [];
  for (let index = 0; index < data.readUInt16BE(cmap + 2); index++) {
    const table = cmap + data.readUInt32BE(cmap + 4 + index * 8 + 4);
    maps.push({ table, format: data.readUInt16BE(table) });
  }
  const full = maps.find(({ format }) => format === 12);
  if (full !== undefined) {
    for (let group = 0; group < data.readUInt32BE(full.table + 12); group++) {
      const record = full.table + 16 + group * 12;
      const first = data.readUInt32BE(record);
      for (let code = first; code <= data.readUInt32BE(record + 4); code++)
        yield [code, data.readUInt32BE(record + 8) + code - first];
    }
    return;
  }
  const { table } = maps.find(({ format }) => format === 4);
  const segments = data.readUInt16BE(table + 6) / 2;
  for (let segment = 0; segment < segments; segment++) {
    const at = (column) => table + 14 + column * segments * 2 + (column === 0 ? 0 : 2) + segment * 2;
    const end = data.readUInt16BE(at(0));
    const start = data.readUInt16BE(at(1));
    const delta = data.readInt16BE(at(2));
    const offset = data.readUInt16BE(at(3));
    for (let code = start; code <= end && code < 0xffff; code++) {
      const raw = offset === 0 ? code : data.readUInt16BE(at(3) + offset + 2 * (code - start));
      const glyph = raw === 0 ? 0 : (raw + delta) & 0xffff;
      if (glyph !== 0) yield [code, glyph];
    }
  }
}

function pack(map) {
  const isPrivate = (code) => (code >= 0xe000 && code <= 0xf8ff) || code >= 0xf0000;
  const codes = [...map.keys()].filter((code) => code >= 0x20 && !isPrivate(code)).sort((a, b) => a - b);
  const runs = [];
  codes.forEach((code, index) => {
    const joined = index > 0 && codes[index - 1] === code - 1;
    const advance = map.get(code);
    const repeated = joined && map.get(code - 1) === advance;
    const text = repeated ? '' : advance.toString(36);
    if (joined) runs[runs.length - 1] += `,${text}`;
    else runs.push(`${code.toString(36)}:${text}`);
  });
  return runs.join(';');
}
