/** Remembers what a pure function found for a value that never changes; a film's state is asked the same several times per save. */
export function memo<Key extends object, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const found = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const known = found.get(key);
    if (known) return known.value;
    const value = find(key);
    found.set(key, { value });
    return value;
  };
}
