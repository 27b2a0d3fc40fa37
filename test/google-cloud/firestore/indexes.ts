import { readFileSync } from 'node:fs';
import { Firestore } from '@google-cloud/firestore';
import { OAuth2Client } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FirestoreState } from '../../../src/adapters/google-cloud/index.ts';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import type { ListFilter, Role } from '../../../src/core/ports.ts';
import { freshProject } from '../../support/firestore-emulator.ts';
import type { FirestoreRecorder, StructuredQuery } from '../../support/firestore-recorder.ts';
import { startFirestoreRecorder } from '../../support/firestore-recorder.ts';

interface IndexFile {
  readonly indexes: readonly {
    readonly collectionGroup: string;
    readonly fields: readonly { readonly fieldPath: string; readonly order?: string; readonly arrayConfig?: string }[];
  }[];
  readonly fieldOverrides: readonly {
    readonly collectionGroup: string;
    readonly fieldPath: string;
    readonly indexes: readonly { readonly order?: string; readonly arrayConfig?: string }[];
  }[];
}

const shipped = JSON.parse(
  readFileSync(new URL('../../../assets/firestore.indexes.json', import.meta.url), 'utf8'),
) as IndexFile;

const ROLES: readonly Role[] = ['script', 'video', 'monitor', 'assembler'];
const FILTERS: readonly ListFilter[] = [undefined, 'running'].flatMap((status) =>
  [undefined, 'ada'].flatMap((owner) =>
    [undefined, { team: 'x' }, { team: 'x', no: '1' }].map((metadata) => ({
      ...(status && { status }),
      ...(owner && { owner }),
      ...(metadata && { metadata }),
    })),
  ),
);

interface Shape {
  readonly collection: string;
  readonly equal: readonly string[];
  readonly contains: readonly string[];
  /** Inequality and order fields with their direction, without the document's name, which every index ends with. */
  readonly ordered: readonly string[];
}

function shapeOf({ from = [], where, orderBy = [] }: StructuredQuery): Shape {
  const filters = where?.compositeFilter?.filters ?? (where === undefined ? [] : [where]);
  const fields = filters.map((filter) => ({
    path: filter.fieldFilter?.field.fieldPath ?? '',
    op: filter.fieldFilter?.op ?? '',
  }));
  const withOp = (...ops: readonly string[]) => fields.filter(({ op }) => ops.includes(op)).map(({ path }) => path);
  const known = fields.every(({ op }) => ['EQUAL', 'IN', 'ARRAY_CONTAINS', 'LESS_THAN_OR_EQUAL'].includes(op));
  if (!known) throw new Error(`This test does not know a filter of ${JSON.stringify(where)}`);
  const order = orderBy
    .filter(({ field }) => field.fieldPath !== '__name__')
    .map(({ field, direction = 'ASCENDING' }) => `${field.fieldPath} ${direction}`);
  const ranged = withOp('LESS_THAN_OR_EQUAL').filter((path) => !order.some((item) => item.startsWith(`${path} `)));
  return {
    collection: from[0]?.collectionId ?? '',
    equal: withOp('EQUAL', 'IN').sort(),
    contains: withOp('ARRAY_CONTAINS'),
    ordered: [...ranged.map((path) => `${path} ASCENDING`), ...order],
  };
}

/** The listed composite index that serves a shape exactly. */
const composite = (shape: Shape): number =>
  shipped.indexes.findIndex(({ collectionGroup, fields }) => {
    if (collectionGroup !== shape.collection) return false;
    const contains = fields.filter(({ arrayConfig }) => arrayConfig === 'CONTAINS').map(({ fieldPath }) => fieldPath);
    const rest = fields.filter(({ arrayConfig }) => arrayConfig === undefined);
    const equal = rest.slice(0, shape.equal.length).map(({ fieldPath }) => fieldPath);
    const ordered = rest.slice(shape.equal.length).map(({ fieldPath, order }) => `${fieldPath} ${order}`);
    return (
      JSON.stringify([contains, equal.sort(), ordered]) === JSON.stringify([shape.contains, shape.equal, shape.ordered])
    );
  });

/** Firestore indexes each field by itself, unless the file says otherwise. */
function isSingle(shape: Shape): boolean {
  if (shape.equal.length + shape.contains.length + shape.ordered.length !== 1)
    return shape.equal.length === 0 && shape.contains.length === 0 && shape.ordered.length === 0;
  const [path = '', direction = 'ASCENDING'] = (shape.ordered[0] ?? shape.equal[0] ?? shape.contains[0] ?? '').split(
    ' ',
  );
  const override = shipped.fieldOverrides.find(
    ({ collectionGroup, fieldPath }) =>
      collectionGroup === shape.collection && (path === fieldPath || path.startsWith(`${fieldPath}.`)),
  );
  const wanted = (index: { readonly order?: string; readonly arrayConfig?: string }): boolean =>
    shape.contains.length > 0 ? index.arrayConfig === 'CONTAINS' : index.order === direction;
  return override === undefined || override.indexes.some(wanted);
}

/** The emulator answers any query, production only those with an index. */
export function indexCases(emulatorHost: string): void {
  describe('every query has its index', () => {
    let recorder: FirestoreRecorder;
    let store: FirestoreState;
    let client: Firestore;

    beforeAll(async () => {
      recorder = await startFirestoreRecorder(emulatorHost);
      // Over REST the client wants credentials even without TLS; the emulator takes any.
      const authClient = new OAuth2Client();
      authClient.setCredentials({ access_token: 'owner' });
      client = new Firestore({
        projectId: freshProject(),
        host: recorder.host,
        ssl: false,
        preferRest: true,
        authClient,
      });
      store = firestore({ client });
      for (const filter of FILTERS) {
        await store.save({
          videoId: `film-${FILTERS.indexOf(filter)}`,
          ifRevision: null,
          state: {},
          wakes: { video: 1 },
          index: {
            status: 'running',
            owner: 'ada',
            metadata: { team: 'x', no: '1' },
            createdAt: FILTERS.indexOf(filter),
          },
        });
      }
      for (const filter of FILTERS) {
        const { next } = await store.list(filter, { limit: 1 });
        expect(next).toBeDefined();
        await store.list(filter, { limit: 1, after: next ?? '' });
      }
      await store.claimDue({ now: 10, limit: 5, roles: ROLES, leaseMs: 5 });
      await store.foreignFilms?.({ limit: 5 });
    });
    afterAll(async () => {
      await client.terminate();
      await recorder.close();
    });

    test('in the shipped file, or the automatic one of a single field that the file leaves alone', () => {
      const shapes = recorder.queries.map(shapeOf);
      expect(shapes.length).toBeGreaterThanOrEqual(FILTERS.length * 2 + ROLES.length + 1);
      const without = shapes.filter((shape) => !isSingle(shape) && composite(shape) < 0);
      expect(without).toEqual([]);
    });

    test('and no composite index is shipped that no query uses', () => {
      const used = new Set(recorder.queries.map(shapeOf).map(composite));
      expect(shipped.indexes.filter((_, index) => !used.has(index))).toEqual([]);
    });

    test("and the film's long text is exempt", () => {
      const exempt = shipped.fieldOverrides
        .filter(({ indexes }) => indexes.length === 0)
        .map(({ collectionGroup, fieldPath }) => `${collectionGroup}.${fieldPath}`);
      expect(exempt).toEqual(expect.arrayContaining(['reelstate_films.state', 'reelstate_films_kv.value']));
    });
  });
}
