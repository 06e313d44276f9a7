// Which route each printed event takes, by a config and the containers that there are.
import { isDeepStrictEqual } from 'node:util'
import type { Subscription } from 'rxjs'
import type { Destination } from '../attach/destination.js'
import { Observer } from '../attach/observer.js'
import type { Config } from '../config/index.js'
import { dockerEngine, dockerSocket } from '../container/docker.js'
import type { ContainerEngine, EngineSignal } from '../container/engine.js'
import { netnsOfThisProcess } from '../container/netns.js'
import { compileRoute } from '../route/match.js'
import { labelsRead } from '../route/select.js'
import type { Received } from '../udev/received.js'
import type { ToolKnowledge } from './knowledge.js'
import { openKnowledge } from './knowledge.js'
import type { Source } from './monitor-line.js'

export class Routing {
  /** Resolves when the engine has told what there is, or that it can't. */
  readonly ready: Promise<void>
  /** One each: what udev says of a device comes after what the kernel does, and its removal must not be forgotten by then. */
  private readonly observers: ReadonlyMap<Source, Observer>
  private readonly engine: ContainerEngine
  private knowledge: ToolKnowledge
  private readonly following: Subscription
  private isUnreachable = false

  constructor(
    private config: Config,
    sources: readonly Source[],
    private readonly tell: (problem: string) => void,
  ) {
    const { routes, docker, hostTimeout } = config
    const compiled = routes.map(compileRoute)
    const netns = netnsOfThisProcess()
    this.knowledge = openKnowledge(config, hostTimeout)
    const { lookup } = this.knowledge
    this.observers = new Map(sources.map((source) => [source, new Observer(compiled, netns, lookup)]))
    this.engine = dockerEngine(
      dockerSocket(docker.socket, process.env['DOCKER_HOST']),
      labelsRead(routes.map(({ container }) => container)),
    )
    let known: () => void = () => undefined
    this.ready = new Promise((resolve) => (known = resolve))
    this.following = this.engine.signals.subscribe((signal) => {
      this.follow(signal)
      if (signal.kind !== 'problem') known()
    })
  }

  /** From now on this config holds, but for its docker.socket, which no daemon takes over while it runs. Returns whether it is another one. */
  configure(config: Config): boolean {
    if (isDeepStrictEqual(config, this.config)) return false
    this.config = config
    const { routes, hostTimeout } = config
    const compiled = routes.map(compileRoute)
    this.knowledge.close()
    this.knowledge = openKnowledge(config, hostTimeout)
    for (const observer of this.observers.values()) observer.configure(compiled, this.knowledge.lookup)
    this.engine.readLabels?.(labelsRead(routes.map(({ container }) => container)))
    return true
  }

  /** Learns what was plugged before; call it when events are being heard already. */
  enumerate(): void {
    for (const observer of this.observers.values()) observer.enumerate()
  }

  hear(source: Source, event: Received, at: number): Destination | undefined {
    const { lookup } = this.knowledge
    if (source === 'UDEV' && event.action !== 'remove') lookup.hear(event)
    const destination = this.observers.get(source)?.hear(event, at)
    if (event.action === 'remove') lookup.forget(event.devpath)
    return destination
  }

  stop(): void {
    this.following.unsubscribe()
    this.knowledge.close()
  }

  private follow(signal: EngineSignal): void {
    for (const observer of this.observers.values()) observer.follow(signal)
    if (signal.kind === 'unreachable' && !this.isUnreachable) {
      this.tell(`${signal.error.message}: routes are shown with the container that they name`)
    }
    this.isUnreachable = signal.kind === 'unreachable'
  }
}
