import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process so that another one on the machine can tell whether it still lives: machine, boot, pid namespace, pid and the
 * process's start in clock ticks (a pid alone is reused). Fields are separated by `.`, and each is safe in a file name.
 */
export function processName(): string {
  own ??= [machine(), bootId(), pidNamespace(), String(process.pid), startOf(process.pid) ?? 'unknown']
    .map(plain)
    .join('.');
  return own;
}

let own: string | undefined;

/**
 * True only where the named process cannot be alive: it ran here before the last boot, or its pid is free or has gone to a process with
 * another start. Names from other machines and containers are never called dead.
 */
export function isDeadProcess(name: string): boolean {
  const [theirMachine, theirBoot, theirSpace, pid, start] = name.split('.');
  const [ourMachine, ourBoot, ourSpace] = processName().split('.');
  if (start === undefined || !/^\d+$/.test(pid ?? '') || theirMachine !== ourMachine) return false;
  if (theirBoot !== ourBoot) return theirBoot !== 'unknown' && ourBoot !== 'unknown';
  if (theirSpace !== ourSpace) return false;
  if (start !== 'unknown') return startOf(Number(pid)) !== start;
  return isFree(Number(pid));
}

const plain = (text: string) => text.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 40) || 'unknown';

const machine = () => (read('/etc/machine-id') ?? '').slice(0, 12) + plain(hostname()).slice(0, 20);
// 8 characters of a random UUID tell the boots of one machine apart.
const bootId = () => read('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? 'unknown';

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return 'unknown';
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Field 22 of `/proc/{pid}/stat`; what stands before the last `)` may hold anything. A zombie has ended. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function isFree(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
