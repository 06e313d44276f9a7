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

/** The builtin rules, with the hardware database of this host; what is wrong with that goes to stderr. */
export function openRules(config: Config | undefined): { rules: BuiltinRules; close: () => void } {
  const warn = (message: string): void => void process.stderr.write(`udev-proxy: ${message}\n`)
  const hwdb = new HostHwdb({ error: warn, warn, info: warn, debug: warn })
  const rules = new BuiltinRules({
    hwdb,
    udevVersion: config?.udevVersion ?? 252,
    absInfo: (node, axes) => native.readAbsInfo(node, axes),
  })
  return { rules, close: () => hwdb.close() }
}

/** `patience` is how long the host's udevd may take for a device that has come just now, in milliseconds. */
export function openKnowledge(config: Config | undefined, patience: number): ToolKnowledge {
  const { rules, close } = openRules(config)
  return { lookup: new Lookup({ rules, patience }), close }
}
