/**
 * Runs `build` without an environment variable. The Google clients let `*_EMULATOR_HOST` redirect them silently, data and credentials
 * included; here only an option of ours may. Synchronous, so nobody else sees the gap.
 */
export function withoutVariable<T>(name: string, build: () => T): T {
  const value = process.env[name];
  if (value === undefined) return build();
  delete process.env[name];
  try {
    return build();
  } finally {
    process.env[name] = value;
  }
}
