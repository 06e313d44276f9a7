// The commands of the command line: their options and what `--help` says. What they do is imported when they run: only some need the addon, and a config can be
// checked on any machine.
import { EXIT, UsageError } from '../errors.js'
import type { Command } from './command.js'
import { defineCommand } from './command.js'
import type { Source } from './monitor-line.js'

/** Where the service's config is. */
const CONFIG = '/etc/udev-proxy/config.yaml'

const run = defineCommand({
  summary: 'serve containers in the foreground',
  usage: `usage: udev-proxy run [--config FILE]

Serves containers in the foreground until SIGTERM or SIGINT.

  --config FILE   default: ${CONFIG}
`,
  example: 'udev-proxy run --config ./config.yaml',
  options: { config: { type: 'string' } },
  run: async ({ config }, operands) => {
    takeNone(operands)
    const { run } = await import('./run.js')
    return run(config ?? CONFIG)
  },
})

const check = defineCommand({
  summary: 'validate a config',
  usage: `usage: udev-proxy check [--strict] [FILE]

Says that a config is right (exit 0), or every mistake in it with its place (exit 78).
What is probably not meant is a warning, and no mistake. Where the engine answers, it
also names containers that routes want and that are not there.

  FILE       default: ${CONFIG}
  --strict   refuse, as run does, a file that is not root's or that others may write
`,
  example: 'udev-proxy check ./config.yaml',
  options: { config: { type: 'string' }, strict: { type: 'boolean' } },
  run: async ({ config, strict = false }, operands) => {
    if (operands.length > 1) throw new UsageError(`one FILE at a time: ${operands.join(' ')}`)
    const { check, checkContainers } = await import('./check.js')
    const file = operands[0] ?? config ?? CONFIG
    const code = check(file, process.stdout, strict)
    if (code === EXIT.ok) await checkContainers(file, process.stdout)
    return code
  },
})

const emit = defineCommand({
  summary: 'broadcast a hand-made udev event into a container',
  usage: `usage: udev-proxy emit --container NAME [--remove] [-m BASE64] [KEY=VALUE...]
       udev-proxy emit --dry-run [--remove] [-m BASE64] [KEY=VALUE...]

Broadcasts one event to the udev clients in a running container, as a udevd there
would. It makes no node and no record.

DEVPATH and SUBSYSTEM are needed. ACTION is add, SEQNUM the kernel's latest, and
CURRENT_TAGS the same as TAGS, unless they are written.

Without KEY=VALUE and -m, a message is read from stdin: its properties with a NUL
after each, or each on a line; a whole message of libudev, whose hashes are made
anew; or one of these in base64, as fake-udev takes it.

  --container NAME       name or id of the container
  -m, --message BASE64   a message; KEY=VALUE replaces what it has
  --remove               ACTION=remove, whatever the message says
  --dry-run              print the bytes as hexdump -Cv does, and send nothing
  --config FILE          for docker.socket
                         (default: ${CONFIG}, if it is there)

Says so when nobody in the container can receive the event. With mistakes it prints all
of them, sends nothing, and ends with exit 64. Exit 69: there is no such container, or it
does not run.
`,
  example: 'udev-proxy emit --container retroarch-1 DEVPATH=/devices/virtual/input/input7 SUBSYSTEM=input',
  options: {
    container: { type: 'string' },
    message: { type: 'string', short: 'm' },
    remove: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    config: { type: 'string' },
  },
  run: async ({ container, message, remove = false, 'dry-run': dryRun = false, config }, properties) => {
    const { emit } = await import('./emit.js')
    return emit({ container, message, remove, dryRun, properties, config: { path: config, usual: CONFIG } })
  },
})

const monitor = defineCommand({
  summary: "print uevents as they come, and each one's route",
  usage: `usage: udev-proxy monitor [--container NAME] [-k] [-u] [-p | --json]

Prints events as udevadm monitor does, from the host or from inside a container's
network namespace; no program is needed there. An event of an input device ends with
where it goes: " -> ROUTE (CONTAINER)" or " -> no route". Ends at SIGINT or SIGTERM.

  --container NAME   name or id of a running container (default: the host)
  -k, --kernel       only what the kernel says
  -u, --udev         only what udevd says, or udev-proxy in a container
  -p, --property     also the properties; the route has a line before them
  --json             a JSON object a line: source, time, action, devpath, subsystem,
                     properties; with route and container where a route takes it
  --config FILE      for routes and docker.socket (default: the config of the
                     daemon that runs, else ${CONFIG});
                     a reload of the daemon is followed

What was lost or can't be read is named on stderr.
`,
  example: 'udev-proxy monitor --container retroarch-1',
  options: {
    container: { type: 'string' },
    kernel: { type: 'boolean', short: 'k' },
    udev: { type: 'boolean', short: 'u' },
    property: { type: 'boolean', short: 'p' },
    json: { type: 'boolean' },
    config: { type: 'string' },
  },
  run: async (
    { container, kernel = false, udev = false, property = false, json = false, config },
    operands,
  ) => {
    takeNone(operands)
    const { monitor } = await import('./monitor.js')
    // As with udevadm, neither means both.
    const sources: Source[] = kernel === udev ? ['UDEV', 'KERNEL'] : [kernel ? 'KERNEL' : 'UDEV']
    return monitor({ container, sources, property, json, config: { path: config, usual: CONFIG } })
  },
})

const status = defineCommand({
  summary: 'show what is attached where, what waits, and what failed',
  usage: `usage: udev-proxy status [--json] [--watch]

Asks the daemon, as root, and prints its containers with what is attached to each
(live, or staged for a container that does not run), the devices that wait and why,
the steps that failed, and what was counted since its start.

  --json          one JSON document, with more than the tables show
  --watch         again every second, in place; where stdout is no terminal, or with
                  --json, again with every change. Ends at SIGINT or SIGTERM
  --config FILE   for control, the socket at which the daemon is asked
                  (default: ${CONFIG}, if it is there)

Exit 69: it does not run. Exit 77: this user may not ask.
`,
  example: 'udev-proxy status --watch',
  options: { json: { type: 'boolean' }, watch: { type: 'boolean' }, config: { type: 'string' } },
  run: async ({ json = false, watch = false, config }, operands) => {
    takeNone(operands)
    const { status } = await import('./status.js')
    return status({ json, watch, config: { path: config, usual: CONFIG } })
  },
})

const explain = defineCommand({
  summary: 'show which route takes a device and why, and what its container gets',
  usage: `usage: udev-proxy explain DEVICE [--config FILE]

Compares the unit that DEVICE belongs to with each route in order, key by key, names
the owner, and shows what its container gets: the nodes of the unit, and the record
and the announcement of DEVICE itself. The daemon need not run; without the engine the
routes are explained alone. As root it also looks at whose the nodes are inside.

  DEVICE          event7, a devnode or a link to it, a devpath, or a path below /sys
  --config FILE   default: the config of the daemon that runs, else ${CONFIG}

Exit 69: there is no such device, or it is none that containers are given.
`,
  example: 'udev-proxy explain event7',
  options: { config: { type: 'string' } },
  run: async ({ config }, operands) => {
    const [path, ...more] = operands
    if (path === undefined) throw new UsageError('DEVICE is missing: the device to be explained')
    if (more.length > 0) throw new UsageError(`one DEVICE at a time: ${operands.join(' ')}`)
    const { explain } = await import('./explain.js')
    return explain({ path, config: { path: config, usual: CONFIG } })
  },
})

const devices = defineCommand({
  summary: 'list the input devices of this host, each with its owner and a match for it',
  usage: `usage: udev-proxy devices [--json] [--config FILE]

Lists every unit of input devices: class, ids, nodes, the route that takes it with its
container, and the shortest match that means this device and no other of this host, to
be copied into a route. Where no match can tell it from others, these are named. The
daemon need not run.

  --json          a JSON array
  --config FILE   default: the config of the daemon that runs, else ${CONFIG}
`,
  example: 'udev-proxy devices --json',
  options: { json: { type: 'boolean' }, config: { type: 'string' } },
  run: async ({ json = false, config }, operands) => {
    takeNone(operands)
    const { devices } = await import('./devices.js')
    return devices({ json, config: { path: config, usual: CONFIG } })
  },
})

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ run, check, status, explain, devices, monitor, emit }),
)

function takeNone(operands: readonly string[]): void {
  if (operands.length > 0) throw new UsageError(`only options are taken, and no ${operands.join(' ')}`)
}
