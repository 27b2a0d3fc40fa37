// Prints the gcloud commands for the indexes that the package ships (node_modules/reelstate/assets/firestore.indexes.json).
import { readFileSync } from 'node:fs';

const [project = '', file = 'node_modules/reelstate/assets/firestore.indexes.json'] = process.argv.slice(2);
const { indexes, fieldOverrides } = JSON.parse(readFileSync(file, 'utf8'));
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

for (const { collectionGroup, fields } of indexes) {
  const configs = fields.map(({ fieldPath, order, arrayConfig }) =>
    arrayConfig
      ? `field-path=${fieldPath},array-config=contains`
      : `field-path=${fieldPath},order=${order.toLowerCase()}`,
  );
  const given = configs.map((config) => `--field-config=${quote(config)}`).join(' ');
  console.log(
    `gcloud firestore indexes composite create --project=${quote(project)} --collection-group=${quote(collectionGroup)} --async ${given}`,
  );
}
// Every other field keeps Firestore's own index; these are never asked for, and indexing them costs a write each.
for (const { collectionGroup, fieldPath } of fieldOverrides.filter(({ indexes }) => indexes.length === 0)) {
  console.log(
    `gcloud firestore indexes fields update ${quote(fieldPath)} --project=${quote(project)} --collection-group=${quote(collectionGroup)} --disable-indexes --async`,
  );
}
