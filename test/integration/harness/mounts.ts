// Mounts and processes that a directory of a test still holds when the test is over.
import { readdir, readFile } from 'node:fs/promises'
import { output } from './command.js'

/** Mount points at and below `directory`, the deepest first. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8')
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .reverse()
}

export async function unmountBelow(directory: string): Promise<void> {
  for (const path of await mountsBelow(directory)) await output('umount', ['--lazy', path])
}

const ENTER = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def mount(source, target, kind, flags):
    check(libc.mount(*[None if text is None else text.encode() for text in (source, target, kind)], flags, None))
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096
check(libc.setns(os.open(f'/proc/{sys.argv[1]}/ns/mnt', os.O_RDONLY), 0))
`

/** Runs Python in the mount namespace of a process, with `mount`: what a container with CAP_SYS_ADMIN can do, though the image has no program for it. */
export async function mountInside(pid: number, code: string): Promise<void> {
  await output('python3', ['-c', ENTER + code, String(pid)])
}

/**
 * Pids of processes whose command line names `directory`: containerd and its shims are given their
 * directories that way.
 */
export async function processesOf(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return commandLine.includes(`${directory}/`) && Number(pid) !== process.pid ? [Number(pid)] : []
    }),
  )
  return found.flat()
}
