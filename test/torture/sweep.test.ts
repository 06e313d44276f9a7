// The daemon is killed before and after everything that it does to attach a device or to detach it, the world goes on without it, and it is started again:
// the end is as if it had never been killed.
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Pad } from '../integration/harness/pad.js'
import { pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import type { FaultPoint } from './harness/faults.js'
import type { Lane, Player } from './harness/lane.js'
import { test } from './harness/lane.js'
import type { Random } from './harness/random.js'
import { chosen, randomFrom, seedOfRun } from './harness/random.js'
import { difference, settles } from './harness/settles.js'
import { isHid } from './harness/snapshot.js'
import type { SweptStep } from './harness/steps.js'
import { SWEPT_STEPS, stepOf } from './harness/steps.js'

/** Kills of each step, in each direction, before and after. */
const KILLS = Number(process.env['TORTURE_KILLS'] ?? 20)
/** Some 6 minutes on two cores that have nothing else to do. */
const BUDGET = 10 * 60_000
const LANES = 2
/** The ledger follows what was done a moment later, in milliseconds. */
const LEDGER_REST = 200

type Snapshot = Awaited<ReturnType<Player['snapshot']>>
type Direction = 'attach' | 'detach'

/** One of the fault points of a direction: the `occurrence`th of its name. */
interface Aim extends FaultPoint {
  occurrence: number
}

/** A step in one direction, before or after, with the points that it has. */
interface Cell {
  step: SweptStep
  direction: Direction
  when: FaultPoint['when']
  aims: Aim[]
}

/** What happens to the world while the daemon is down, and how often. */
const CHANGES = {
  nothing: 8,
  /** The device that it was busy with goes, or comes back. */
  flipped: 5,
  /** Another device gets its device numbers. */
  swapped: 5,
  /** Another device comes as well. */
  another: 4,
  stopped: 1,
  restarted: 1,
  recreated: 1,
} as const

test('killed anywhere, it ends as if it had never been', { timeout: BUDGET }, async ({ lanes }) => {
  const seed = seedOfRun()
  const random = randomFrom(seed)
  const sweeps = await Promise.all(
    Array.from({ length: LANES }, async (_, number) => Sweep.prepare(lanes(), number, random)),
  )
  const [first] = sweeps
  const cells = first?.cells ?? []
  // Each of the lanes takes the next one.
  const work = Array.from({ length: KILLS }, () => cells).flat()
  console.log(`seed ${seed}: ${cells.length} cells, ${work.length} kills (TORTURE_SEED, TORTURE_KILLS)`)

  await Promise.all(
    sweeps.map(async (sweep) => {
      for (let cell = work.shift(); cell !== undefined; cell = work.shift()) await sweep.kill(cell)
    }),
  )

  const kills = new Map<string, number>()
  for (const { done } of sweeps)
    for (const [name, count] of done) kills.set(name, (kills.get(name) ?? 0) + count)
  console.table(tableOf(kills))
  expect(sweeps.flatMap(({ failures }) => failures)).toEqual([])
  for (const step of SWEPT_STEPS)
    for (const direction of ['attach', 'detach'])
      for (const when of ['before', 'after'])
        expect(
          kills.get(`${step} ${direction} ${when}`),
          `kills at ${step} ${direction} ${when}`,
        ).toBeGreaterThanOrEqual(KILLS)
})

/** One lane's devices, what it has of them when nothing goes wrong, and what has been found. */
class Sweep {
  cells: Cell[] = []
  readonly done = new Map<string, number>()
  readonly failures: string[] = []
  /** What there is with these devices plugged; by their names. */
  private readonly references = new Map<string, Snapshot>()
  private readonly plugged = new Set<Pad>()
  private count = 0

  private constructor(
    private readonly lane: Lane,
    private readonly player: Player,
    private readonly random: Random,
    private readonly device: Pad,
    private readonly successor: Pad,
    private readonly other: Pad,
  ) {}

  static async prepare(lane: Lane, number: number, random: Random): Promise<Sweep> {
    const name = `sweep-${number}`
    lane.configure(
      `  - { name: main, match: { name: "Swept ${number}*" }, container: ${name}, links: [input/player1, player1] }\n` +
        `  - { name: other, match: { name: "Other ${number}*" }, container: ${name} }`,
    )
    await lane.start()
    const player = await lane.player(name, { isGiven: number % 2 === 1 })
    await player.ready()
    const [own, others] = [22_000 + 10 * number, 22_001 + 10 * number]
    const hidraw = { hidrawMajor: hidrawMajor() }
    const sweep = new Sweep(
      lane,
      player,
      random,
      pad(own, { name: `Swept ${number}`, ...hidraw }),
      pad(own, { name: `Swept ${number} too`, product: 'ce7', ...hidraw }),
      pad(others, { name: `Other ${number}` }),
    )
    await sweep.learn()
    return sweep
  }

  /** Kills at one of the cell's points, each in turn, and compares what comes of it. */
  async kill({ step, direction, when, aims }: Cell): Promise<void> {
    const key = `${step} ${direction} ${when}`
    // Timers of the daemon may have brought a point forward or put it off: the next one then.
    for (let attempt = 0; attempt < 4; attempt++) {
      const aim =
        aims[((this.done.get(key) ?? 0) + attempt + Math.floor(this.random() * aims.length)) % aims.length]
      if (aim === undefined) break
      if (await this.killAt(aim, direction)) {
        this.done.set(key, (this.done.get(key) ?? 0) + 1)
        return
      }
    }
    this.failures.push(`${key}: none of its points is passed any more`)
  }

  /** The references, and the points that an attach and a detach pass. */
  private async learn(): Promise<void> {
    const { lane, device, successor, other } = this
    await this.note()
    for (const pads of [[other], [successor], [successor, other], [device, other]]) {
      await this.bring(pads)
      await this.bring([])
    }
    const points = new Map<Direction, FaultPoint[]>()
    for (const direction of ['attach', 'detach'] as const) {
      await pause(LEDGER_REST)
      lane.faults.set({ record: true })
      await this.bring(direction === 'attach' ? [device] : [])
      await pause(LEDGER_REST)
      points.set(direction, lane.faults.take())
    }
    lane.faults.set({})
    this.cells = cellsOf(points)
  }

  /** Makes these be plugged and no others, and notes the state that this leads to as the one to be. */
  private async bring(pads: Pad[]): Promise<void> {
    await this.change(pads)
    const names = pads
      .flatMap(({ add }) => new Set(add.map(({ devpath }) => devpath)))
      .flatMap((set) => [...set])
    await settles(
      'a device attached without trouble',
      async () => (await this.player.state()).devices.map(({ devpath }) => devpath).toSorted(),
      names.toSorted(),
    )
    await this.note()
  }

  private async change(pads: Pad[]): Promise<void> {
    const gone = [...this.plugged].filter((one) => !pads.includes(one))
    const come = pads.filter((one) => !this.plugged.has(one))
    await this.lane.unplug(...gone)
    await this.lane.plug(...come)
    this.plugged.clear()
    for (const one of pads) this.plugged.add(one)
  }

  private async note(): Promise<void> {
    this.references.set(this.plug, await this.player.snapshot())
  }

  /** What is plugged, as a key. */
  private get plug(): string {
    return [...this.plugged]
      .map(({ name }) => name)
      .toSorted()
      .join(' + ')
  }

  /** Whether the daemon has been killed at this point; what is wrong afterwards is noted. */
  private async killAt(aim: Aim, direction: Direction): Promise<boolean> {
    const { lane, player, device, successor, other } = this
    const change = chosen(this.random, CHANGES)
    const title = `kill ${++this.count} of ${player.name}: ${direction}, ${aim.when} ${aim.name} (${aim.occurrence}), then ${change}`
    try {
      await this.reach(direction === 'attach' ? [] : [device], `before ${title}`)
      const { when, name, occurrence } = aim
      // What the ledger has to note of before would take the place of points that were passed when it had been noted.
      if (stepOf(aim) === 'ledger') await pause(LEDGER_REST)
      lane.faults.set({ kill: { when, name, occurrence } })
      await this.change(direction === 'attach' ? [device] : [])
      const isDead = await lane.dies(1500)
      lane.faults.set({})
      if (!isDead) return false

      const is = [...this.plugged]
      if (change === 'flipped') await this.change(direction === 'attach' ? [] : [device])
      else if (change === 'swapped') await this.change([successor])
      else if (change === 'another') await this.change([...is, other])
      else if (change === 'stopped') await player.stop()
      else if (change === 'restarted') {
        await player.stop()
        await player.start()
      } else if (change === 'recreated') {
        await player.remove()
        await player.create()
        await player.start()
      }
      await lane.start()
      if (change === 'stopped') await player.start()
      await player.ready()
      await this.reach([...this.plugged], title)
    } catch (error) {
      await this.recover(`${title}: ${error instanceof Error ? error.message : String(error)}`)
    }
    return true
  }

  /** Waits until all is as it has been learned, and nothing improper was heard on the way. */
  private async reach(pads: Pad[], title: string): Promise<void> {
    await this.change(pads)
    const reference = this.references.get(this.plug)
    if (reference === undefined) throw new Error(`${title}: nothing is known of ${this.plug}`)
    await settles(title, async () => this.look(pads), { ...reference, ghosts: [] }, 6000)
    const { violations, lost } = await this.player.state()
    expect(lost).toBe(0)
    if (violations.length > 0) throw new Error(`the client inside has seen ${violations.join('; ')}`)
  }

  /** Its state, and the HID devices that its client has though they are none of `pads`. */
  private async look(pads: Pad[]): Promise<Snapshot & { ghosts: string[] }> {
    const names = new Set(pads.flatMap(({ add }) => add.map(({ devpath }) => devpath)))
    const snapshot = await this.player.snapshot()
    const { devices } = await this.player.state()
    const ghosts = devices
      .map(({ devpath }) => devpath)
      .filter((devpath) => isHid(devpath) && !names.has(devpath))
    return { ...snapshot, ghosts }
  }

  /** Notes a failure and begins anew, so that one does not bring on the next. */
  private async recover(failure: string): Promise<void> {
    const { lane, player } = this
    const recent = await player.state().then(
      (state) => state.recent.slice(-12).join(', '),
      () => 'nothing',
    )
    this.failures.push(`${failure}\n  heard last: ${recent}`)
    console.log(this.failures.at(-1))
    if (this.failures.length > 10) throw new Error(`too many failures:\n${this.failures.join('\n')}`)
    lane.faults.set({})
    await lane.stop('SIGKILL').catch(() => undefined)
    await player.remove()
    await this.change([])
    await lane.start()
    await player.create()
    await player.start()
    await player.ready()
    await settles('a new start', async () => difference(await player.snapshot(), this.references.get('')), '')
  }
}

function cellsOf(points: ReadonlyMap<Direction, FaultPoint[]>): Cell[] {
  const cells = new Map<string, Cell>()
  for (const [direction, passed] of points) {
    const occurrences = new Map<string, number>()
    for (const { name, when } of passed) {
      const step = stepOf({ name, when })
      const occurrence = (occurrences.get(`${when} ${name}`) ?? 0) + 1
      occurrences.set(`${when} ${name}`, occurrence)
      if (step === undefined) continue
      const key = `${step} ${direction} ${when}`
      const cell = cells.get(key) ?? { step, direction, when, aims: [] }
      cells.set(key, cell)
      cell.aims.push({ name, when, occurrence })
    }
  }
  return [...cells.values()]
}

function tableOf(kills: ReadonlyMap<string, number>): Record<string, Record<string, number>> {
  const table: Record<string, Record<string, number>> = {}
  for (const [name, count] of kills) {
    const [step = '', ...column] = name.split(' ')
    table[step] = { ...table[step], [column.join(', ')]: count }
  }
  return table
}
