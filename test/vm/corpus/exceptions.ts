// Where a container is right not to have exactly what the host's udevd said. There are no others.
import { tagsIn } from './facts.js'

/** Where the daemon takes properties from. */
export type Mode = 'host' | 'builtin'

export interface Exception {
  name: string
  reason: string
  modes: readonly Mode[]
  /** Changes what the host said into what the container should have; both are of one message or record. */
  expect: (host: Map<string, string>, container: ReadonlyMap<string, string>, where: string) => void
}

/** What a rule of the suite's own says of the device that it keeps from the host; see specimens.ts. */
export const HOST_SEAT = 'seat-corpus'
export const HOST_PROPERTY = 'CORPUS_CUSTOM'

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: 'kept from the host',
    reason:
      'ID_SEAT other than seat0, its tag and LIBINPUT_IGNORE_DEVICE keep a device from the programs of the host, and would keep it from those of the container',
    modes: ['host', 'builtin'],
    expect: (host) => {
      const seat = host.get('ID_SEAT')
      host.delete('LIBINPUT_IGNORE_DEVICE')
      host.delete(`tags/${HOST_SEAT}`)
      if (seat === undefined || seat === 'seat0') return
      host.delete('ID_SEAT')
      for (const key of ['TAGS', 'CURRENT_TAGS']) {
        const tags = tagsIn(host.get(key))
        if (tags.length > 0) host.set(key, tags.filter((tag) => tag !== seat).join(':'))
      }
    },
  },
  {
    name: 'a name that two nodes share',
    reason:
      'a js and a mouse node of one device claim the same link by path, with equal priority: udevd leaves it to the one that its workers finish last (link_find_prioritized)',
    modes: ['host', 'builtin'],
    expect: (host, container) => {
      const isRival = (target: string | undefined): boolean => /^\.\.\/(?:js|mouse)\d+$/.test(target ?? '')
      for (const [key, target] of host) {
        const inside = container.get(key)
        if (
          key.startsWith('/dev/input/by-path/') &&
          isRival(target) &&
          inside !== undefined &&
          isRival(inside)
        )
          host.set(key, inside)
      }
    },
  },
  {
    name: 'rules of the host',
    reason: 'what rules of the administrator say is only known where a udevd has run them',
    modes: ['builtin'],
    expect: (host) => {
      host.delete(HOST_PROPERTY)
    },
  },
  {
    name: 'time of the first look',
    reason: 'without a udevd, a device is initialized when the daemon has seen it',
    modes: ['builtin'],
    expect: (host, container) => {
      const key = 'USEC_INITIALIZED'
      const seen = container.get(key)
      if (host.has(key) && seen !== undefined && /^[1-9]\d*$/.test(seen)) host.set(key, seen)
    },
  },
  {
    name: "fuzz taken by libinput's rules",
    reason:
      'libinput-fuzz-extract comes with libinput, not with udev, and belongs to libinput-fuzz-to-zero, which changes the device: the host does that, once',
    modes: ['builtin'],
    expect: (host) => {
      for (const key of [...host.keys()]) if (key.startsWith('LIBINPUT_FUZZ_')) host.delete(key)
    },
  },
]
