// The config file: its shape and defaults. Types, checks and config/schema.json come from here.
//
// Every `error` says what was expected, so that a mistake reads "KEY: expected ERROR, found VALUE" (explain.ts).

import { normalize } from 'node:path/posix'
import * as z from 'zod'
import { BUSES } from './bus.js'
import type { Selector } from './config.js'
import { DEFAULT_CONTROL } from './config.js'
import * as values from './values.js'

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export const LOG_FORMATS = ['auto', 'text', 'json'] as const
export const PROPERTY_SOURCES = ['auto', 'host', 'builtin'] as const
export const NETWORKS = ['own', 'shared', 'host'] as const
/** Releases of systemd after which the builtin rules can behave. */
export const UDEV_VERSIONS = [252, 257] as const

const SELECTOR = 'exactly one of id, label, compose'

/** Not to be confused with where properties come from. */
const Properties = z
  .record(values.propertyName, values.globs, { error: 'a mapping of udev properties to globs' })
  .check(({ value, issues }) => {
    if (Object.keys(value).length > 0) return
    issues.push({ code: 'custom', input: value, message: 'at least one udev property' })
  })
  .meta({ minProperties: 1, description: 'Properties that udev gives it, as `udevadm info` shows them.' })

const Match = z
  .strictObject(
    {
      name: z.exactOptional(values.globs.describe('Name of the device, as `evtest` shows it.')),
      vendor: z.exactOptional(values.ids.describe('Vendor id: four hex digits in quotes.')),
      product: z.exactOptional(values.ids.describe('Product id: four hex digits in quotes.')),
      version: z.exactOptional(values.ids.describe('Version: four hex digits in quotes.')),
      bus: z.exactOptional(
        values.buses.describe(`Bus: ${Object.keys(BUSES).join(', ')}, or four hex digits in quotes.`),
      ),
      uniq: z.exactOptional(
        values.globs.describe('Serial number or, for Bluetooth, the address of the device.'),
      ),
      phys: z.exactOptional(
        values.globs.describe('Where it is plugged in, for instance `usb-0000:00:14.0-2/*`.'),
      ),
      class: z.exactOptional(values.classes.describe('What it is: ID_INPUT_<CLASS> of udev, in lower case.')),
      subsystem: z.exactOptional(values.subsystems.describe('Kernel subsystem: input, hidraw or hid.')),
      devpath: z.exactOptional(
        values.devpaths.describe('Path below /sys, for instance `/devices/pci*/usb1/1-2/*`.'),
      ),
      driver: z.exactOptional(
        values.globs.describe('Driver of the device, or of the nearest device above it that has one.'),
      ),
      tag: z.exactOptional(values.tags.describe('A tag that udev gives it, for instance `uaccess`.')),
      properties: z.exactOptional(Properties),
    },
    { error: 'a mapping of match keys' },
  )
  .check(({ value, issues }) => {
    if (issues.length > 0 || Object.keys(value).length > 0) return
    issues.push({ code: 'custom', input: value, message: 'at least one match key' })
  })
  .meta({ id: 'match', minProperties: 1, description: 'All keys must hold.' })

const Matches = z
  .union([Match, z.array(Match).min(1, { error: 'at least one mapping of match keys' })], {
    error: 'a mapping of match keys, or a list of such mappings',
  })
  .transform((value) => (Array.isArray(value) ? value : [value]))

const Labels = z
  .record(z.string().min(1), z.string({ error: 'a text in quotes' }), {
    error: 'a mapping of labels to values',
  })
  .check(({ value, issues }) => {
    if (Object.keys(value).length > 0) return
    issues.push({ code: 'custom', input: value, message: 'at least one label' })
  })
  .meta({ minProperties: 1, description: 'Labels that the container must have, with these values.' })

const Compose = z
  .strictObject(
    {
      project: z.exactOptional(values.composeName.describe('Any project when absent.')),
      service: values.composeName,
      number: z.exactOptional(
        values.composeNumber.describe('Which of the containers of a service that is scaled; 1 when absent.'),
      ),
    },
    { error: 'a mapping with service and, if you like, project and number' },
  )
  .describe('A service of docker compose.')

const Container = z
  .strictObject(
    {
      id: z.exactOptional(values.containerId.describe('Id of a container, or at least its first 12 digits.')),
      label: z.exactOptional(Labels),
      compose: z.exactOptional(Compose),
    },
    { error: SELECTOR },
  )
  .meta({ id: 'selector', minProperties: 1, maxProperties: 1 })

const ONE_SELECTOR = [
  values.containerName.transform((name): Selector => ({ kind: 'name', name })),
  Container.transform(({ id, label, compose }, { issues, value }): Selector => {
    if (issues.length > 0) return z.NEVER
    if (Object.keys(value).length === 1) {
      if (id !== undefined) return { kind: 'id', id }
      if (label !== undefined) return { kind: 'label', labels: label }
      if (compose !== undefined) return { kind: 'compose', ...compose }
    }
    issues.push({ code: 'custom', input: value, message: SELECTOR })
    return z.NEVER
  }),
] as const
const CONTAINER = 'the name of a container (a glob is fine), or a mapping with id, label or compose'

const ContainerSelector = z
  .union(
    [
      ...ONE_SELECTOR,
      z
        .array(z.union(ONE_SELECTOR, { error: CONTAINER }))
        .min(1, { error: 'at least one container' })
        .transform((of): Selector => {
          const [only] = of
          return of.length === 1 && only !== undefined ? only : { kind: 'first', of }
        }),
    ],
    { error: CONTAINER },
  )
  .describe(
    'The container that owns what matches: a name (a glob is fine), or one of id, label, compose; or a list of these, of which the first that runs does.',
  )

const Node = z
  .strictObject(
    {
      mode: z.exactOptional(values.mode.describe('Permission bits in octal, in quotes.')),
      uid: z.exactOptional(values.owner.describe('Owner of the nodes, as the host counts users.')),
      gid: z.exactOptional(values.owner.describe('Group of the nodes, as the host counts groups.')),
    },
    { error: 'a mapping with mode, uid, gid' },
  )
  .describe(
    "Mode and owner of the device nodes; what is absent is as udevd has it, with the container's group input.",
  )

const Source = z.enum(PROPERTY_SOURCES, { error: `one of ${PROPERTY_SOURCES.join(', ')}` })
const Yes = z.boolean({ error: 'true or false' })

/** One route as the file has it; its name may be missing. */
export const RouteFile = z
  .strictObject(
    {
      name: z.exactOptional(values.text('a name for the route').describe('For logs; route-<n> when absent.')),
      match: Matches.describe('Which devices: a mapping, or a list of mappings of which any may match.'),
      container: ContainerSelector,
      node: Node.prefault({}),
      links: values.links.default([]).describe('Further symlinks to the node, relative to /dev.'),
      legacyJs: Yes.default(false).describe(
        'Joysticks are numbered js0, js1, … inside, in the order of plugging.',
      ),
      properties: z.exactOptional(Source.describe('As the key of the file, for this route.')),
      libudevZero: z.exactOptional(Yes.describe('As the key of the file, for this route.')),
      network: z
        .enum(NETWORKS, { error: `one of ${NETWORKS.join(', ')}` })
        .default('shared')
        .describe(
          "Containers that may be served: own, with a network of their own; shared, also on one that containers share; host, also on the host's.",
        ),
    },
    { error: 'a mapping with match and container' },
  )
  .meta({ id: 'route', description: 'Which devices go to which container.' })

const Docker = z
  .strictObject(
    {
      socket: z.exactOptional(
        values.path.describe('Socket of the engine. When absent: DOCKER_HOST, then /run/docker.sock.'),
      ),
    },
    { error: 'a mapping with socket' },
  )
  .describe('How to reach Docker.')

const Log = z
  .strictObject(
    {
      level: z
        .enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` })
        .default('info')
        .describe('The least that is worth a line.'),
      format: z
        .enum(LOG_FORMATS, { error: `one of ${LOG_FORMATS.join(', ')}` })
        .default('auto')
        .describe('auto: native journal entries under systemd, readable lines elsewhere.'),
    },
    { error: 'a mapping with level, format' },
  )
  .describe('What is logged, and how.')

export const ConfigFile = z
  .strictObject(
    {
      version: z.literal(1, { error: '1' }).describe('Version of this format.'),
      docker: Docker.prefault({}),
      stage: values.path
        .transform((value) => normalize(value).replace(/\/$/, ''))
        .prefault('/run/udev-proxy/stage')
        .describe('Where the stages of the containers are: a tmpfs that allows devices.'),
      control: values.socketPath
        .prefault(DEFAULT_CONTROL)
        .describe('Socket at which `udev-proxy status` asks the daemon; root alone may.'),
      log: Log.prefault({}),
      properties: Source.default('auto').describe(
        "Where properties come from: host (its udevd's own), builtin, or auto: host where a udevd runs.",
      ),
      hostTimeout: values.hostTimeout
        .default(500)
        .describe("Milliseconds that the host's udevd may take before builtin properties are used."),
      udevVersion: z
        .union(
          UDEV_VERSIONS.map((version) => z.literal(version)),
          { error: `one of ${UDEV_VERSIONS.join(', ')}` },
        )
        .default(252)
        .describe('Release of systemd that builtin properties follow, where releases differ.'),
      libudevZero: Yes.default(false).describe('Announcements also in the form that libudev-zero hears.'),
      routes: z
        .array(RouteFile, { error: 'a list of routes' })
        .transform((routes) =>
          routes.map((route, index) => ({ ...route, name: routeName(route.name, index) })),
        )
        .describe('The first route that any device of a unit matches owns the whole unit.'),
    },
    { error: 'a mapping with version and routes' },
  )
  .meta({ title: 'Config of udev-proxy' })

/** The keys of each mapping of the file, which is called by the key that holds it, a list's item in the singular. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  config: Object.keys(ConfigFile.shape),
  docker: Object.keys(Docker.shape),
  log: Object.keys(Log.shape),
  route: Object.keys(RouteFile.shape),
  match: Object.keys(Match.shape),
  'match properties': ['names of udev properties such as ID_PATH, in capitals'],
  container: Object.keys(Container.shape),
  compose: Object.keys(Compose.shape),
  node: Object.keys(Node.shape),
}

/** The name of the route at `index`, which counts from 0. */
export function routeName(name: string | undefined, index: number): string {
  return name ?? `route-${index + 1}`
}

/** The text of config/schema.json: the JSON Schema (draft 2020-12) of the file, for editors. */
export function schemaText(): string {
  const schema = z.toJSONSchema(ConfigFile, { io: 'input', target: 'draft-2020-12' })
  return `${JSON.stringify(schema, null, 2)}\n`
}
