// What a container engine answers, checked at the door: what has a wrong type, size or value costs the one container that it is about.
import { z } from 'zod'
import type { HostConfig } from './engine.js'
import type { JsonPiece } from './piece.js'

/** An entry of the list of containers. */
export interface ListedContainer {
  id: string
  name: string
  labels: Record<string, string>
  /** It has no process for certain. */
  isStopped: boolean
}

/** A container as inspected. */
export interface InspectedContainer {
  id: string
  name: string
  labels: Record<string, string>
  running?: { pid: number; startedAt: number }
  hostConfig?: HostConfig
}

export interface ContainerEvent {
  id: string
  isRename: boolean
}

/** An answer that can't be used, and what it is about, as far as that can be seen. */
export interface Unusable {
  id?: string
  problem: string
}

export type Labels = ReadonlySet<string>

/** As Docker and Podman allow them (moby: daemon/names), and short enough for a directory. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
const MAX_NAME = 240
const ID = /^[0-9a-f]{64}$/
/** PID_MAX_LIMIT of include/linux/threads.h */
const MAX_PID = 4_194_304
const MAX_LABEL = 65_536
const MAX_ENTRIES = 256
const MAX_PATH = 4096
const STOPPED = new Set(['created', 'configured', 'initialized', 'exited', 'stopped', 'dead'])

const id = z.string().regex(ID)
/** Looked at one by one when they are read: a copy of 300,000 labels would hold the event loop up. */
const labels = z.custom<Readonly<Record<string, unknown>>>(isRecord).nullish()

const listedSchema = z.object({
  Id: id,
  Names: z.array(z.string()).max(1024),
  Labels: labels,
  State: z.string(),
})

const inspectedSchema = z.object({
  Id: id,
  Name: z.string(),
  Config: z.object({ Labels: labels }),
  State: z.object({
    Running: z.boolean(),
    Pid: z.int().min(0).max(MAX_PID),
    StartedAt: z.string().max(64),
  }),
})

const path = z.string().max(MAX_PATH)
const hostConfigSchema = z.object({
  HostConfig: z.object({
    Privileged: z.boolean().nullish(),
    Devices: z
      .array(z.object({ PathInContainer: path }))
      .max(MAX_ENTRIES)
      .nullish(),
    DeviceCgroupRules: z.array(path).max(MAX_ENTRIES).nullish(),
    NetworkMode: z.string().max(MAX_PATH).nullish(),
    ReadonlyRootfs: z.boolean().nullish(),
  }),
  Mounts: z
    .array(z.object({ Destination: path }))
    .max(MAX_ENTRIES)
    .nullish(),
})

const eventSchema = z.union([
  z.object({ Action: z.string().max(256), Actor: z.object({ ID: id }) }).transform(({ Action, Actor }) => ({
    id: Actor.ID,
    isRename: Action === 'rename',
  })),
  z
    .object({ id, status: z.string().max(256) })
    .transform((event) => ({ id: event.id, isRename: event.status === 'rename' })),
])

/** An entry of GET /containers/json, with those of its labels that are read. */
export function listedContainer(line: JsonPiece, read: Labels): ListedContainer | Unusable {
  if ('unreadable' in line) return unreadable(line.unreadable)
  const { data, error } = listedSchema.safeParse(line.value)
  if (data === undefined) return unusable(line.value, error)
  // Links of --link are names too, with the name of the other container before a second slash.
  const name = data.Names.map(withoutSlash).find((one) => !one.includes('/')) ?? data.Names[0]
  const problem = nameProblem(name)
  if (name === undefined || problem !== undefined) return { id: data.Id, problem: problem ?? '' }
  return {
    id: data.Id,
    name,
    labels: readLabels(data.Labels, read),
    isStopped: STOPPED.has(data.State.toLowerCase()),
  }
}

/** The answer of GET /containers/ID/json. */
export function inspectedContainer(value: unknown, read: Labels): InspectedContainer | Unusable {
  const { data, error } = inspectedSchema.safeParse(value)
  if (data === undefined) return unusable(value, error)
  const { State } = data
  const name = withoutSlash(data.Name)
  const problem = nameProblem(name)
  if (problem !== undefined) return { id: data.Id, problem }
  const container = { id: data.Id, name, labels: readLabels(data.Config.Labels, read) }
  const hostConfig = hostConfigOf(value)
  const known = hostConfig === undefined ? container : { ...container, hostConfig }
  // Between two tries of a restart policy it has no process.
  if (!State.Running || State.Pid === 0) return known
  const startedAt = millisecondsOf(State.StartedAt)
  if (!(startedAt > 0))
    return { id: data.Id, problem: `its StartedAt is ${shown(State.StartedAt)}, which is no time` }
  return { ...known, running: { pid: State.Pid, startedAt } }
}

/** An event of GET /events; undefined for one that tells of no container. */
export function containerEvent(line: JsonPiece): ContainerEvent | undefined {
  if ('unreadable' in line) {
    const found = unreadable(line.unreadable).id
    return found === undefined ? undefined : { id: found, isRename: false }
  }
  return eventSchema.safeParse(line.value).data
}

/** A text of somebody else's, short and in plain characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 60)} …` : text).replace(
    /[^ -~…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function nameProblem(name: string | undefined): string | undefined {
  if (name === undefined) return 'its answer has no name'
  if (!NAME.test(name))
    return `its name is ${shown(name)}, and only letters, digits, _ . and - can be served; rename it: docker rename`
  if (name.length <= MAX_NAME) return undefined
  return `its name has ${name.length} characters, and only ${MAX_NAME} can be served; rename it: docker rename`
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '')
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readLabels(
  given: Readonly<Record<string, unknown>> | null | undefined,
  read: Labels,
): Record<string, string> {
  const kept: [string, string][] = []
  for (const label of read) {
    const value = given != null && Object.hasOwn(given, label) ? given[label] : undefined
    if (typeof value === 'string' && value.length <= MAX_LABEL) kept.push([label, value])
  }
  return Object.fromEntries(kept)
}

/** Undefined when it can't be read: it explains, and decides nothing. */
function hostConfigOf(value: unknown): HostConfig | undefined {
  const { data } = hostConfigSchema.safeParse(value)
  if (data === undefined) return undefined
  const { HostConfig: given, Mounts } = data
  return {
    privileged: given.Privileged ?? false,
    devices: (given.Devices ?? []).map(({ PathInContainer }) => PathInContainer),
    deviceCgroupRules: given.DeviceCgroupRules ?? [],
    binds: (Mounts ?? []).map(({ Destination }) => Destination),
    networkMode: given.NetworkMode ?? '',
    readonlyRootfs: given.ReadonlyRootfs ?? false,
  }
}

/** RFC 3339 with nanoseconds, of which Date.parse keeps three digits: the rest tells two containers apart that started together. */
function millisecondsOf(time: string): number {
  const fraction = /\.\d{3}(\d+)/.exec(time)?.[1] ?? '0'
  return Date.parse(time) + Number(`0.${fraction}`)
}

function unusable(value: unknown, error: z.ZodError | undefined): Unusable {
  const found = idOf(value)
  const [issue] = error?.issues ?? []
  const where = issue?.path.map(String).join('.').slice(0, 64)
  const problem = `its answer can't be used (${where === '' || where === undefined ? 'it' : where} has a wrong value)`
  return found === undefined ? { problem } : { id: found, problem }
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('Id' in value)) return undefined
  return id.safeParse(value.Id).data
}

/** The id is among the first things of a list's entry, and of an event. */
function unreadable(text: string): Unusable {
  const found = /"(?:Id|ID|id)"\s*:\s*"([0-9a-f]{64})"/.exec(text)?.[1]
  const problem = 'its answer is too long, or no JSON'
  return found === undefined ? { problem } : { id: found, problem }
}
