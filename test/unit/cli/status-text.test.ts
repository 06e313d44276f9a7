import { describe, expect, it } from 'vitest'
import type { AttachedDevice, ContainerReport } from '../../../src/attach/report.js'
import type { StatusReport } from '../../../src/attach/status-report.js'
import { parseConfig } from '../../../src/config/index.js'
import { durationText, statusText } from '../../../src/cli/status-text.js'

const ACTIVE = parseConfig('version: 1\nroutes: []\n', 'c')
const LOADED = '2026-03-04T05:06:07.000Z'
const local = (iso: string): string => new Date(iso).toLocaleString('sv-SE')

const device = (name: string | undefined, state: AttachedDevice['state']): AttachedDevice => ({
  devpath: '/devices/x',
  state,
  done: [],
  ...(name !== undefined && {
    node: { path: `/dev/${name}`, number: '13:71', mode: '0660', uid: 0, gid: 0 },
  }),
})
const container = (name: string, given: Partial<ContainerReport> = {}): ContainerReport => ({
  name,
  id: '3f4e8a9b01c2',
  state: 'served',
  hasOwnUdevd: false,
  units: [],
  ...given,
})
const report = (given: Partial<StatusReport> = {}): StatusReport => ({
  version: '0.1.0',
  pid: 4711,
  startedAt: LOADED,
  uptime: 7500,
  config: { path: '/etc/udev-proxy/config.yaml', loadedAt: LOADED, active: ACTIVE },
  engine: { name: 'docker (/run/docker.sock)', state: 'reached', unanswered: [] },
  containers: [],
  waiting: [],
  unrouted: 0,
  failures: [],
  counters: {
    uevents: 12,
    dropped: { foreign: 0 },
    overruns: 0,
    resyncs: 1,
    attaches: 3,
    detaches: 0,
    retries: 0,
  },
  held: {},
  ...given,
})

describe('the state, for people', () => {
  it('begins with the daemon, and ends with what was counted', () => {
    expect(statusText(report())).toBe(
      [
        'udev-proxy 0.1.0, pid 4711, runs for 2 h 5 min',
        `config /etc/udev-proxy/config.yaml of ${local(LOADED)}`,
        'docker (/run/docker.sock): reached',
        '',
        'no container matches a route',
        '',
        'uevents 12, dropped 0, overruns 0, resyncs 1, attaches 3, detaches 0, retries 0',
        '',
      ].join('\n'),
    )
  })

  it('has a table for containers, attachments, what waits and what failed', () => {
    const units = [
      {
        unit: '/devices/u',
        title: '"Pad" (045e:028e)',
        route: 'player-one',
        devices: [device(undefined, 'live'), device('input/event7', 'live'), device('hidraw2', 'failed')],
      },
    ]
    const text = statusText(
      report({
        containers: [
          container('retroarch-1', { units }),
          container('init', { hasOwnUdevd: true }),
          container('net', { state: 'refused', reason: 'it shares', network: { kind: 'host' } }),
          container('wolf', { network: { kind: 'host' } }),
          container('app', { network: { kind: 'shared', others: ['vpn', 'web'] } }),
        ],
        waiting: [
          {
            unit: '/devices/w',
            title: '"Keys" (1234:5678)',
            nodes: ['/dev/input/event8'],
            why: 'undecided',
            reason: 'it is not known yet',
          },
        ],
        failures: [
          {
            container: 'retroarch-1',
            unit: '/devices/u',
            title: '"Pad" (045e:028e)',
            devpath: '/devices/u/hidraw/hidraw2',
            device: 'hidraw2',
            route: 'player-one',
            step: 'bind',
            direction: 'apply',
            reason: 'EBUSY',
            retryAt: LOADED,
            tries: 5,
          },
        ],
      }),
    )
    expect(text.split('\n').slice(4, -3)).toEqual([
      'CONTAINER    ID            STATE',
      'retroarch-1  3f4e8a9b01c2  served',
      'init         3f4e8a9b01c2  served, nodes only: it has a udevd of its own',
      'net          3f4e8a9b01c2  refused: it shares',
      "wolf         3f4e8a9b01c2  served, on the host's network",
      'app          3f4e8a9b01c2  served, shares its network with vpn, web',
      '',
      'IN           DEVICE             ROUTE       STATE   NODES',
      'retroarch-1  "Pad" (045e:028e)  player-one  failed  event7 hidraw2',
      '',
      'WAITING             ROUTE  NODES   WHY',
      '"Keys" (1234:5678)  -      event8  it is not known yet',
      '',
      'FAILED   IN           STEP  TRIES  NEXT                 REASON',
      `hidraw2  retroarch-1  bind  5      ${local(LOADED)}  EBUSY`,
    ])
  })

  it('says that a reload was refused, and that there are devices without a route', () => {
    const error = { at: LOADED, message: '2 mistakes in the config' }
    const text = statusText(
      report({ config: { path: 'c', loadedAt: LOADED, active: ACTIVE, error }, unrouted: 2 }),
    )
    expect(text).toContain(`\nthe reload at ${local(LOADED)} was refused: 2 mistakes in the config\n`)
    expect(text).toContain('\n2 devices without a route: udev-proxy devices\n')
  })

  it('names what was dropped by its kind', () => {
    const counters = { ...report().counters, dropped: { foreign: 2, 'no key': 1, truncated: 0 } }
    expect(statusText(report({ counters }))).toContain(', dropped 3 (2 foreign, 1 no key), ')
  })
})

it.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min 0 s'],
  [86_400 * 3 + 61, '3 d 0 h'],
])('%i seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

it('says beside a container what it can not open', () => {
  const problems = ["can't open event7 (13:71): its device cgroup does not allow it; create it with …"]
  const containers = [
    { name: 'retro', id: 'abc', state: 'served' as const, hasOwnUdevd: false, units: [], problems },
  ]
  expect(statusText(report({ containers }))).toContain(
    "retro      abc  served; but it can't open event7 (13:71): its device cgroup does not allow it; create it with …",
  )
})
