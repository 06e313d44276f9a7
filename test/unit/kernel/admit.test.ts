import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { admit } from '../../../src/kernel/admit.js'
import { kernelMonitor } from '../../../src/kernel/monitor.js'
import { NodeNumbers } from '../../../src/kernel/number.js'
import type { MonitorListener } from '../../../src/native.js'
import { recordingLog } from '../log.js'
import { datagram } from '../uevents.js'

const EVENT = '/devices/virtual/input/input23/event7'
const HIDRAW = '/devices/virtual/misc/uhid/0003:054C:0CE6.0001/hidraw/hidraw2'
let sysfs: string
let devices: string

const uevent = (
  devpath: string,
  subsystem: string,
  major: string,
  minor: string,
  { action = 'add', more = [] as string[] } = {},
): Buffer =>
  datagram([
    `${action}@${devpath}`,
    `ACTION=${action}`,
    `DEVPATH=${devpath}`,
    `SUBSYSTEM=${subsystem}`,
    ...more,
    `MAJOR=${major}`,
    `MINOR=${minor}`,
    'SEQNUM=7',
  ])

function device(devpath: string, number: string): void {
  mkdirSync(join(sysfs, devpath), { recursive: true })
  writeFileSync(join(sysfs, devpath, 'dev'), `${number}\n`)
  const link = join(sysfs, 'dev/char', number)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(`../..${devpath}`, link)
}

function admitted(bytes: Buffer): string {
  const found = admit(bytes, new NodeNumbers({ sysfs, devices }))
  return typeof found === 'string' ? found : 'admitted'
}

beforeAll(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'udev-proxy-sysfs-'))
  devices = join(sysfs, 'devices.txt')
  writeFileSync(
    devices,
    'Character devices:\n  1 mem\n 13 input\n245 hidraw\n\nBlock devices:\n245 hidraw2\n',
  )
  device(EVENT, '13:71')
  device(HIDRAW, '245:2')
})
afterAll(() => rmSync(sysfs, { recursive: true }))

describe('a uevent', () => {
  it('of a node with the number that sysfs has for it is admitted', () => {
    expect(admitted(uevent(EVENT, 'input', '13', '71'))).toBe('admitted')
    expect(admitted(uevent(HIDRAW, 'hidraw', '245', '2'))).toBe('admitted')
  })

  it('of a node that sysfs does not know is admitted: its removal is still to come', () => {
    expect(admitted(uevent('/devices/virtual/input/input24/event8', 'input', '13', '72'))).toBe('admitted')
  })

  it.each([
    ['an input node that would be /dev/mem', uevent(EVENT, 'input', '1', '1')],
    ['a hidraw node with the number of a keyboard', uevent(HIDRAW, 'hidraw', '13', '71')],
    ['a node with the number of another', uevent(EVENT, 'input', '13', '2')],
    ['a triggered add', uevent(EVENT, 'input', '13', '2', { more: ['SYNTH_UUID=0'] })],
    [
      'a node without a number',
      datagram([`add@${EVENT}`, 'ACTION=add', `DEVPATH=${EVENT}`, 'SUBSYSTEM=input', 'SEQNUM=7']),
    ],
  ])('of %s is not', (_, bytes) => {
    device('/devices/virtual/input/input9/event2', '13:2')
    expect(admitted(bytes)).toBe('wrong number')
    rmSync(join(sysfs, 'dev/char/13:2'))
  })

  it('of a node whose number is another’s by now came too late', () => {
    expect(admitted(uevent('/devices/virtual/input/input22/event7', 'input', '13', '71'))).toBe('outdated')
    expect(
      admitted(uevent('/devices/virtual/input/input22/event7', 'input', '13', '71', { action: 'remove' })),
    ).toBe('admitted')
  })

  it('of a node that was moved since is admitted', () => {
    expect(admitted(uevent('/devices/pci/usb1/input/input23/event7', 'input', '13', '71'))).toBe('admitted')
    expect(admitted(uevent(HIDRAW.replace('virtual/misc/uhid', 'hci0'), 'hidraw', '245', '2'))).toBe(
      'admitted',
    )
  })

  it('of a hidraw node is believed where the kernel has no hidraw, or has loaded it anew', () => {
    const numbers = new NodeNumbers({ sysfs, devices: join(sysfs, 'majors') })
    expect(numbers.isMajorOf('hidraw', 242)).toBe(true)
    writeFileSync(join(sysfs, 'majors'), '245 hidraw\n')
    expect([numbers.isMajorOf('hidraw', 245), numbers.isMajorOf('hidraw', 244)]).toEqual([true, false])
    writeFileSync(join(sysfs, 'majors'), '244 hidraw\n')
    expect(numbers.isMajorOf('hidraw', 244)).toBe(true)
  })
})

describe('the kernel’s monitor', () => {
  function listen() {
    const { log, lines } = recordingLog()
    let listener: MonitorListener | undefined
    const openMonitor = (_group: number, receiveBuffer: number, given: MonitorListener) => {
      listener = given
      return { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer }
    }
    const monitor = kernelMonitor({ openMonitor }, log, new NodeNumbers({ sysfs, devices }))
    const heard: string[] = []
    monitor.signals.subscribe((signal) => {
      if (signal.kind === 'uevents') heard.push(...signal.uevents.map(({ devpath }) => devpath))
    })
    return { say: (...messages: Buffer[]) => listener?.onMessages(messages), heard, lines, monitor }
  }

  it('tells once, with the devpath, of what it can’t take, counts it, and takes the rest', () => {
    const { say, heard, lines, monitor } = listen()
    const wrong = uevent(EVENT, 'input', '1', '1')
    say(wrong, uevent(EVENT, 'input', '13', '71'), wrong, Buffer.from('nonsense'), datagram([`add@${EVENT}`]))
    expect(heard).toEqual([EVENT])
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      `warn a uevent of ${EVENT} is ignored: its MAJOR and MINOR are no numbers, or none that this device can have`,
      'warn a uevent without a devpath is ignored: it does not end where a string ends',
      expect.stringMatching(new RegExp(`^warn a uevent of ${EVENT} is ignored: its ACTION, `)),
    ])
    expect(monitor.counters()).toMatchObject({
      uevents: 1,
      malformed: { 'wrong number': 2, 'not terminated': 1, incomplete: 1 },
    })
  })

  it('tells of a device that is gone by now only who looks for it', () => {
    const { say, lines, monitor } = listen()
    say(uevent('/devices/virtual/input/input22/event7', 'input', '13', '71'))
    expect(lines.map(({ level }) => level)).toEqual(['debug'])
    expect(monitor.counters().malformed).toEqual({ truncated: 0 })
  })

  it('does not fill the log, whatever comes', () => {
    const { say, lines } = listen()
    for (let number = 0; number < 1000; number++) say(datagram([`add@/devices/x${number}`]))
    expect(lines.length).toBe(64)
  })
})
