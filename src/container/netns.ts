// Network namespaces by their identity.
import { statSync } from 'node:fs'

/** st_dev:st_ino of the network namespace of this process. */
export function netnsOfThisProcess(): string {
  const { dev, ino } = statSync('/proc/self/ns/net', { bigint: true })
  return `${dev}:${ino}`
}
