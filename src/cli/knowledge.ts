// What the tools know of devices beside what the kernel says: the same as the daemon.
import type { Config } from '../config/index.js'
import { native } from '../native.js'
import { BuiltinRules } from '../udev/builtin.js'
import { HostHwdb } from '../udev/host-hwdb.js'
import { Lookup } from '../udev/lookup.js'

export interface ToolKnowledge {
  lookup: Lookup
  close: () => void
}

/** `patience` is how long the host's udevd may take for a device that has come just now, in milliseconds. */
export function openKnowledge(config: Config | undefined, patience: number): ToolKnowledge {
  const warn = (message: string): void => void process.stderr.write(`udev-proxy: ${message}\n`)
  const hwdb = new HostHwdb({ error: warn, warn, info: warn, debug: warn })
  const rules = new BuiltinRules({
    hwdb,
    udevVersion: config?.udevVersion ?? 252,
    absInfo: (node, axes) => native.readAbsInfo(node, axes),
  })
  return { lookup: new Lookup({ rules, patience }), close: () => hwdb.close() }
}
