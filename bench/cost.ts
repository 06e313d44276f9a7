// What a process and its children cost.
import { readFileSync, readdirSync } from 'node:fs'

/** USER_HZ, the unit of times in /proc/PID/stat. */
const TICKS = 100

/** CPU time that a process and its children have used, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const own = threads.map((thread) => scheduled(`/proc/${pid}/task/${thread}`))
  const children = threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return sum([...own, ...children.map((child) => scheduled(`/proc/${child}`)), ofTheDead(pid)])
}

/** Resident memory in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}

/** The first field of schedstat (Documentation/scheduler/sched-stats.rst); what has ended meanwhile is counted by its parent. */
function scheduled(directory: string): number {
  try {
    return Number(readFileSync(`${directory}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    return 0
  }
}

/** Children that have ended: fields 16 and 17 of stat, which follow the name in brackets. */
function ofTheDead(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  return sum(rest.split(' ').slice(13, 15).map(Number)) * (1e6 / TICKS)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
