/**
 * The run happens in namespaces of its own for network, mounts and processes. Whatever is made inside (interfaces, file
 * systems, child processes) exists for nobody else, and the kernel removes all of it when the first process inside ends,
 * however it ends.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mount points and cluster files; the number is the process that made it. */
const FOLDER_PREFIX = 'praline-faults-';
/** Between two looks whether the process that started us is still there. */
const PARENT_INTERVAL_MS = 1_000;

function unshareArguments(): readonly string[] {
  // Without root, a namespace of users in which we are root allows the same.
  const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...users, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
}

const PROBE = [
  'ip link set lo up',
  'ip link add probe0 type veth peer name probe1',
  'mount -t tmpfs -o size=1m none /tmp',
  'command -v nsenter',
].join(' && ');

/** Why the run can not be made on this machine, in words; undefined when it can. */
export function sandboxProblem(): string | undefined {
  if (process.platform !== 'linux') return 'namespaces need Linux';
  const probe = spawnSync('unshare', [...unshareArguments(), 'sh', '-c', PROBE], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (probe.error !== undefined) return `can not run unshare (util-linux): ${probe.error.message}`;
  if (probe.status === 0) return undefined;
  return `no namespaces for network, mounts and processes here, or no ip and nsenter: ${probe.stderr.trim() || `exit code ${probe.status}`}`;
}

/**
 * Runs this program again inside, with one more argument, and answers with its exit code. The child ends when its
 * standard input does: on Ctrl-C, when asked to, and when this process dies.
 */
export async function runInSandbox(args: readonly string[]): Promise<number> {
  sweepLeftovers();
  const folder = join(tmpdir(), `${FOLDER_PREFIX}${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const command = [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...args];
  const inside = spawn('unshare', [...unshareArguments(), ...command, '--inside', folder], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const stop = (): void => {
    inside.stdin?.end();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A command that was killed above us, such as npm, can not tell us.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_INTERVAL_MS);
  try {
    return await ended(inside);
  } finally {
    clearInterval(watch);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A command inside, such as `ip` or `mount`. Throws with what it printed. */
export function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Folders of runs that were killed before they could remove them. Namespaces and mounts went with them. */
function sweepLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(FOLDER_PREFIX) ? Number(name.slice(FOLDER_PREFIX.length)) : 0;
    if (Number.isSafeInteger(owner) && owner > 0 && !isAlive(owner)) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
