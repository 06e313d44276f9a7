// Fault points of a daemon (faults.mjs), as a test sets and reads them.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** One side of a point: what is changed, and whether it has been. */
export interface FaultPoint {
  /** Operation and kind of path, for instance `replaceFile udev/data/c` or `send group 2 add event`. */
  name: string
  when: 'before' | 'after'
}

export interface Failure {
  /** A regular expression; compared with name and detail: the path, after the pid of the container for one that is inside, or pid and sysname. */
  match: string
  /** Of errno, for instance ENOSPC. */
  code: string
  /** How often it fails; for ever when absent. */
  times?: number
}

/** What has failed, and when, in milliseconds. */
export interface Failed {
  name: string
  detail: string
  code: string
  at: number
}

export interface FaultControl {
  /** Notes every point that is passed. */
  record?: boolean
  /** Ends the daemon there and then, when this point is passed for the `occurrence`th time. */
  kill?: FaultPoint & { occurrence: number }
  fail?: Failure[]
  /** What takes longer; only what is asynchronous can. */
  delay?: { match: string; ms: number }[]
  /** Bytes of the receive buffer of the kernel's socket; counts when the daemon starts. */
  receiveBuffer?: number
}

export class Faults {
  private readonly points: string
  private readonly failures: string
  private number = 0

  /** `directory` is made; `stage` is the root of the daemon's stages. */
  constructor(
    private readonly directory: string,
    private readonly stage: string,
  ) {
    mkdirSync(directory, { recursive: true })
    this.points = join(directory, 'points')
    this.failures = join(directory, 'failures')
    this.set({})
  }

  /** What a command line of the daemon begins with. */
  get prefix(): string[] {
    const preload = resolve('test/torture/harness/faults.mjs')
    return ['env', `UDEV_PROXY_FAULTS=${this.directory}`, process.execPath, '--import', preload]
  }

  /** From now on this is what happens; counts start anew. */
  set(control: FaultControl): void {
    const temporary = join(this.directory, 'control.new')
    writeFileSync(temporary, JSON.stringify({ number: this.number++, stage: this.stage, ...control }))
    renameSync(temporary, join(this.directory, 'control.json'))
  }

  /** All that has failed so far, in order. */
  failed(): Failed[] {
    return linesOf(this.failures).map((line) => JSON.parse(line) as Failed)
  }

  /** The points that were passed since the last call while they were recorded, in order. */
  take(): FaultPoint[] {
    const lines = linesOf(this.points)
    rmSync(this.points, { force: true })
    return lines.map((line) => {
      const [when = '', ...name] = line.split(' ')
      return { when: when === 'after' ? 'after' : 'before', name: name.join(' ') }
    })
  }
}

function linesOf(file: string): string[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.split('\n').filter((line) => line !== '')
}
