// One connection to a Docker Engine: its events, its list, and what it says of each container.
import { setTimeout as pause } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { EngineError } from '../errors.js'
import type { InspectedContainer, Labels, ListedContainer, Unusable } from './answers.js'
import { containerEvent, inspectedContainer, listedContainer } from './answers.js'
import type { Container, EngineSignal } from './engine.js'
import { Inspections } from './inspections.js'
import type { JsonPiece } from './piece.js'
import { disproofNow, lookAtProcess, unprovedText } from './proof.js'
import { followEvents, inspectContainer, listContainers } from './requests.js'

/** Events that change what a Container says. */
const EVENTS = ['create', 'start', 'die', 'destroy', 'rename']
/** How long the first signal waits for all answers, in milliseconds: whoever has not answered by then must not hold up others. */
const PATIENCE = 500
/** Lists are no closer to each other, in milliseconds. */
const LIST_INTERVAL = 200
const NOT_YET = 'the engine has not answered for it yet'

type Inspected = { container: Container; isAbsent: boolean } | Unusable | undefined

export interface FollowingOptions {
  docker: Dockerode
  /** What was known of each container when it was signalled last; outlives the connection. */
  known: Map<string, Container>
  labels: () => Labels
  /** Those are asked about first. */
  isMeant: (container: Container) => boolean
  emit: (signal: EngineSignal) => void
  signal: AbortSignal
}

export class Following {
  private readonly inspections: Inspections<Inspected>
  /** Containers of which something was said since a list was asked for: the list may be older. */
  private readonly newer = new Set<string>()
  /** Why containers, by id, can't be asked about. */
  private readonly problems = new Map<string, string>()
  /** By id, runs whose process was not there when it was looked for. */
  private readonly absent = new Map<string, number>()
  private isListed = false
  private isListDue = false
  private isListing = false
  private fail: (error: unknown) => void = () => undefined

  constructor(private readonly options: FollowingOptions) {
    this.inspections = new Inspections({
      inspect: (id) => this.inspect(id),
      answered: (id, answer, isStale) => this.answered(id, answer, isStale),
      failed: (id, problem) => this.failed(id, problem),
    })
  }

  /** Follows until the connection breaks, and rejects with that. */
  async follow(onConnected: () => void): Promise<never> {
    const { docker, signal } = this.options
    try {
      // The stream is open before the list is asked for, so that nothing falls between them.
      const events = await followEvents(docker, EVENTS, signal)
      const broken = new Promise<never>((_, reject) => (this.fail = reject))
      const begun = this.begin().then(onConnected)
      begun.catch(this.fail)
      return await Promise.race([broken, this.read(events)])
    } finally {
      this.inspections.stop()
    }
  }

  /** All are listed again, and now if that is not being done already. */
  list(): void {
    this.isListDue = true
    if (this.isListed && !this.isListing) this.listWhileDue().catch((error: unknown) => this.fail(error))
  }

  private async begin(): Promise<void> {
    const { known, emit, signal } = this.options
    await this.takeList()
    await Promise.race([this.inspections.answeredAll(), pause(PATIENCE, undefined, { signal })])
    this.isListed = true
    emit({ kind: 'containers', containers: [...known.values()] })
    for (const [id, message] of this.problems) this.emitProblem(id, message)
    if (this.isListDue) this.list()
  }

  private async listWhileDue(): Promise<void> {
    const { known, emit, signal } = this.options
    this.isListing = true
    while (this.isListDue) {
      this.isListDue = false
      await this.takeList()
      emit({ kind: 'containers', containers: [...known.values()] })
      await pause(LIST_INTERVAL, undefined, { signal })
    }
    this.isListing = false
  }

  private async read(events: AsyncIterable<JsonPiece>): Promise<never> {
    for await (const piece of events) {
      const event = containerEvent(piece)
      // What can't be read may have been about any of them. Names are taken from one answer for all, for two may have swapped theirs.
      if (event === undefined || event.isRename) this.list()
      if (event !== undefined) this.look(event.id)
    }
    throw new EngineError('it has closed its event stream')
  }

  private look(id: string): void {
    this.newer.add(id)
    const container = this.options.known.get(id)
    this.inspections.look(id, container !== undefined && this.options.isMeant(container))
  }

  /** Takes over which containers there are, and what they are called; asks about those of which more is to be known. */
  private async takeList(): Promise<void> {
    const { docker, known, labels, isMeant, signal } = this.options
    this.newer.clear()
    const read = labels()
    const entries = await listContainers(docker, (piece) => listedContainer(piece, read), signal)
    const listed = new Map<string, Container>()
    const names = new Set<string>()
    const unclear: string[] = []
    const unreadable: string[] = []
    /** Their names are others' as well: they say themselves which are theirs by now. */
    const doubles: string[] = []
    for (const entry of entries) {
      if ('problem' in entry) {
        if (entry.id !== undefined) unreadable.push(entry.id)
        if (entry.id !== undefined) this.tell(entry.id, entry.problem)
        continue
      }
      if (names.has(entry.name)) {
        this.tell(entry.id, `another container has its name, ${entry.name}, too`)
        doubles.push(entry.id)
        continue
      }
      names.add(entry.name)
      const { id, container, isClear } = this.merged(entry)
      listed.set(id, container)
      if (!isClear) unclear.push(id)
    }
    // One that can't be read in the list is there all the same, and is asked about.
    for (const id of [...this.newer, ...unreadable]) {
      const container = known.get(id)
      if (container !== undefined && !listed.has(id) && !names.has(container.name)) listed.set(id, container)
    }
    known.clear()
    for (const [id, container] of listed) known.set(id, container)
    const asked = new Set([...unclear, ...unreadable])
    for (const id of this.problems.keys())
      if (!listed.has(id) && !asked.has(id) && !doubles.includes(id)) this.inspections.forget(id)
    const urgent = [...asked].filter((id) => {
      const container = known.get(id)
      return container !== undefined && isMeant(container)
    })
    for (const id of new Set([...urgent, ...asked]))
      if (!this.inspections.isPending(id)) this.inspections.look(id, urgent.includes(id))
    // Each answer about one asks for a list again: no sooner than their time comes.
    for (const id of doubles) if (!this.inspections.isKnown(id)) this.inspections.look(id)
  }

  /** A container of the list with what is known of it besides, and whether that is all. */
  private merged({ id, name, labels, isStopped }: ListedContainer): {
    id: string
    container: Container
    isClear: boolean
  } {
    const former = this.options.known.get(id)
    if (former !== undefined && this.newer.has(id))
      return { id, container: { ...former, name, labels }, isClear: true }
    if (isStopped) return { id, container: { id, name, labels }, isClear: true }
    if (former?.running !== undefined)
      return { id, container: { ...former, name, labels }, isClear: this.isListed }
    const unanswered = this.problems.get(id) ?? NOT_YET
    return { id, container: { id, name, labels, unanswered }, isClear: false }
  }

  private async inspect(id: string): Promise<Inspected> {
    const { docker, labels, signal } = this.options
    const answer = await inspectContainer(docker, id, signal)
    if (answer === undefined) return undefined
    const found = inspectedContainer(answer, labels())
    if ('problem' in found) return found
    return found.id === id ? this.proved(found) : { id, problem: 'its answer is about another container' }
  }

  /** With the process that it runs as, which is proved to be its own, or not. */
  private async proved({ running: claim, ...container }: InspectedContainer): Promise<Inspected> {
    if (claim === undefined) return { container, isAbsent: false }
    const { id } = container
    const { pid, startedAt } = claim
    const unproved = (problem: string): Inspected => {
      const running = { ...claim, netns: `none of ${id}`, unproved: unprovedText(pid, problem) }
      return { container: { ...container, running }, isAbsent: false }
    }
    const process = await lookAtProcess(pid)
    if (process === undefined) {
      if (this.absent.get(id) === startedAt) return unproved(`there is no process ${pid}`)
      // It may have ended since the engine looked, which it will say then.
      this.absent.set(id, startedAt)
      return { container, isAbsent: true }
    }
    this.absent.delete(id)
    const problem = await disproofNow({ id, startedAt }, process)
    if (problem !== undefined) return unproved(`process ${pid} ${problem}`)
    const netns = process.netns === '' ? `unknown of ${id}` : process.netns
    return { container: { ...container, running: { ...claim, netns } }, isAbsent: false }
  }

  /** Takes over what the engine says of a container; returns whether it is to be asked again in a while. */
  private answered(id: string, answer: Inspected, isStale: boolean): boolean {
    const { known, emit } = this.options
    this.newer.add(id)
    if (answer === undefined) {
      known.delete(id)
      this.problems.delete(id)
      this.absent.delete(id)
      if (this.isListed) emit({ kind: 'gone', id })
      return false
    }
    if ('problem' in answer) {
      this.failed(id, answer.problem)
      return true
    }
    const { container, isAbsent } = answer
    const former = known.get(id)
    const isRenamed = former?.name !== container.name
    if (isRenamed && former !== undefined && isStale) return false
    if (isRenamed && [...known.values()].some(({ name }) => name === container.name)) {
      // One of the two answers is older than a change of names: a list has both as they are.
      this.list()
      if (former === undefined) return true
      container.name = former.name
    }
    this.problems.delete(id)
    known.set(id, container)
    if (this.isListed) emit({ kind: 'container', container })
    return isAbsent
  }

  private failed(id: string, problem: string): void {
    const { known, emit } = this.options
    const former = known.get(id)
    if (former !== undefined && former.unanswered !== problem) {
      const container = { ...former, unanswered: problem }
      known.set(id, container)
      if (this.isListed) emit({ kind: 'container', container })
    }
    this.tell(id, problem)
  }

  /** Once, until it has answered. */
  private tell(id: string, message: string): void {
    if (this.problems.get(id) === message) return
    this.problems.set(id, message)
    if (this.isListed) this.emitProblem(id, message)
  }

  private emitProblem(id: string, message: string): void {
    const { known, emit } = this.options
    const name = known.get(id)?.name
    emit({ kind: 'problem', id, ...(name !== undefined && { name }), message })
  }
}
