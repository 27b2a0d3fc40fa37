import type { Json, JsonObject } from '../../core/json.ts';

/** The plainest value that a JSON Schema allows, for requests that are not about scripts. */
export function sampleOf(schema: JsonObject): Json {
  const { type, properties, items, minItems, minLength, minimum, const: only } = schema;
  const choices = schema.enum;
  if (only !== undefined) return only;
  if (Array.isArray(choices) && choices[0] !== undefined) return choices[0] as Json;
  const kind = Array.isArray(type) ? type[0] : type;
  switch (kind) {
    case 'object':
      return Object.fromEntries(
        Object.entries((properties ?? {}) as JsonObject).map(([name, inner]) => [name, sampleOf(inner as JsonObject)]),
      );
    case 'array':
      return Array.from({ length: typeof minItems === 'number' ? minItems : 1 }, () =>
        sampleOf((items ?? {}) as JsonObject),
      );
    case 'number':
    case 'integer':
      return typeof minimum === 'number' ? minimum : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'A quiet answer.'.padEnd(typeof minLength === 'number' ? minLength : 0, '.');
  }
}
