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
