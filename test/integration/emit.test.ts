// `udev-proxy emit`: a hand-made event that libudev in the container takes for udevd's.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { decodeMessage } from '../../src/udev/message.js'
import { Client } from './harness/client.js'
import type { Outcome } from './harness/command.js'
import { outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import type { Container } from './harness/docker-engine.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

const PAD = '/devices/virtual/input/input7'
const EVENT = [
  `DEVPATH=${PAD}/event7`,
  'SUBSYSTEM=input',
  'DEVNAME=/dev/input/event7',
  'MAJOR=13',
  'MINOR=71',
]

/** A container in which libudev's monitor works: for that it needs /run/udev/control, and nothing more. */
async function listener(rig: Rig, name: string): Promise<Container> {
  const container = await rig.container(name)
  await container.shell('mkdir -p /run/udev && : > /run/udev/control')
  return container
}

/** Runs `emit` with the rig's Docker Engine. */
async function emit(rig: Rig, args: string[], input?: Buffer): Promise<Outcome> {
  return outcomeOf(MAIN, ['emit', '--config', rig.config('  []'), ...args], input)
}

describe('udev-proxy emit', () => {
  test('says when nobody can hear it, and why', async ({ rig }) => {
    const container = await rig.container('emit-a')
    const args = ['--container', 'emit-a', `DEVPATH=${PAD}`, 'SUBSYSTEM=input']
    const deaf = await emit(rig, args)
    expect(deaf).toMatchObject({ code: 0, stderr: '' })
    expect(deaf.stdout).toMatch(
      /^sent to emit-a: .*; but nobody there receives it: it has no \/run\/udev\/control, /,
    )
    await container.shell('mkdir -p /run/udev && : > /run/udev/control')
    expect((await emit(rig, args)).stdout).toMatch(
      /^sent to emit-a: add .*; but nobody there receives it: no program in it listens to udev\n$/,
    )
  })

  test('is heard by libudev in the container, and in no other', async ({ rig }) => {
    const [a, b] = [await listener(rig, 'emit-a'), await listener(rig, 'emit-b')]
    const [client, other] = [await Client.start(a), await Client.start(b)]

    const sent = await emit(rig, [
      '--container',
      'emit-a',
      ...EVENT,
      'ID_INPUT_JOYSTICK=1',
      'TAGS=:seat:uaccess:',
    ])
    const heard = await client.hears('add', `${PAD}/event7`)
    await emit(rig, ['--container', 'emit-b', `DEVPATH=${PAD}`, 'SUBSYSTEM=input'])
    await other.hears('add', PAD)

    expect(sent).toMatchObject({ code: 0, stderr: '' })
    expect(sent.stdout).toMatch(
      /^sent to emit-a: add \/devices\/virtual\/input\/input7\/event7 \(input\), \d+ bytes\n$/,
    )
    expect(heard).toMatchObject({ devnode: '/dev/input/event7', subsystem: 'input', initialized: true })
    expect(heard.tags.filter((tag) => tag !== '').toSorted()).toEqual(['seat', 'uaccess'])
    expect(heard.node?.devnum).toBe('13:71')
    const { SEQNUM, TAGS, CURRENT_TAGS, ...properties } = heard.properties
    expect(properties).toEqual({
      ACTION: 'add',
      ID_INPUT_JOYSTICK: '1',
      ...Object.fromEntries(EVENT.map((string) => string.split('=') as [string, string])),
    })
    expect(Number(SEQNUM)).toBeGreaterThan(0)
    expect([TAGS, CURRENT_TAGS].map((tags) => tags?.split(':').toSorted())).toEqual(
      [1, 2].map(() => ['', '', 'seat', 'uaccess']),
    )
    expect([client.summary, other.summary]).toEqual([['add event7'], ['add input7']])
    expect([...client.mishaps, ...other.mishaps]).toEqual([])
  })

  test('passes the filters of sockets by its subsystem, its devtype and its tags', async ({ rig }) => {
    const container = await listener(rig, 'emit-a')
    const [all, seat, uaccess, usb] = await Promise.all([
      Client.start(container),
      Client.start(container, '--tag', 'seat'),
      Client.start(container, '--tag', 'uaccess'),
      Client.start(container, '--subsystem', 'usb/usb_device'),
    ])
    const events = [
      ['DEVPATH=/devices/a', 'SUBSYSTEM=input', 'TAGS=:seat:'],
      ['DEVPATH=/devices/b', 'SUBSYSTEM=input', 'TAGS=:seat:uaccess:'],
      ['DEVPATH=/devices/c', 'SUBSYSTEM=usb', 'DEVTYPE=usb_device'],
      ['DEVPATH=/devices/d', 'SUBSYSTEM=usb', 'DEVTYPE=usb_interface', '--remove'],
    ]

    await Promise.all(events.map(async (event) => emit(rig, ['--container', 'emit-a', ...event])))
    // What comes last: who has not heard the others by then will not.
    await emit(rig, [
      '--container',
      'emit-a',
      'DEVPATH=/devices/e',
      'SUBSYSTEM=usb',
      'DEVTYPE=usb_device',
      'TAGS=:seat:uaccess:',
    ])
    await Promise.all([all, seat, uaccess, usb].map(async (client) => client.hears('add', '/devices/e')))

    expect([all, seat, uaccess, usb].map(({ summary }) => summary.toSorted())).toEqual([
      ['add a', 'add b', 'add c', 'add e', 'remove d'],
      ['add a', 'add b', 'add e'],
      ['add b', 'add e'],
      ['add c', 'add e'],
    ])
  })

  test('takes a container by the beginning of its id', async ({ rig }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container)
    const id = (await rig.engine.docker('inspect', '--format', '{{.Id}}', 'emit-a')).slice(0, 12)

    const { code } = await emit(rig, ['--container', id, `DEVPATH=${PAD}`, 'SUBSYSTEM=input', '--remove'])

    expect(code).toBe(0)
    await client.hears('remove', PAD)
  })

  test('takes what scripts gave to fake-udev: base64 with -m and on stdin, and its other forms', async ({
    rig,
  }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container)
    const strings = (name: string) => [
      'ACTION=add',
      `DEVNAME=input/${name}`,
      `DEVPATH=/devices/${name}`,
      'SEQNUM=1234',
      'SUBSYSTEM=input',
      '',
    ]
    const to = ['--container', 'emit-a']
    const base64 = (name: string) => Buffer.from(strings(name).join('\0')).toString('base64')

    const outcomes = await Promise.all([
      emit(rig, [...to, '-m', base64('option')]),
      emit(rig, to, Buffer.from(`${base64('stdin')}\n`)),
      emit(rig, to, Buffer.from(strings('nul').join('\0'))),
      emit(rig, to, Buffer.from(strings('lines').join('\n'))),
      emit(rig, [...to, '--remove', '-m', base64('changed'), 'SEQNUM=99']),
    ])
    const names = ['option', 'stdin', 'nul', 'lines', 'changed']
    const heard = await Promise.all(
      names.map(async (name) => client.hears(name === 'changed' ? 'remove' : 'add', `/devices/${name}`)),
    )

    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      outcomes.map(() => ({ code: 0, stderr: '' })),
    )
    expect(client.heard).toHaveLength(names.length)
    expect(heard.map(({ devnode }) => devnode)).toEqual(names.map((name) => `/dev/input/${name}`))
    expect(heard.map(({ properties }) => properties['SEQNUM'])).toEqual([
      '1234',
      '1234',
      '1234',
      '1234',
      '99',
    ])
  })

  test('computes the hashes of a message anew', async ({ rig }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container, '--subsystem', 'input', '--tag', 'seat')
    const dump = await emit(rig, ['--dry-run', `DEVPATH=${PAD}`, 'SUBSYSTEM=input', 'TAGS=:seat:'])
    const message = bytesOf(dump.stdout)
    // As tools write them that leave the filters alone: no client with a filter would hear it.
    message.fill(0, 24, 40)

    expect(await emit(rig, ['--container', 'emit-a'], message)).toMatchObject({ code: 0 })

    await client.hears('add', PAD)
  })

  test('prints the bytes that it would send, and sends nothing', async ({ rig }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container)
    const event = [...EVENT, 'SEQNUM=7', 'TAGS=:seat:', 'ID_INPUT=1']

    const { code, stdout } = await emit(rig, ['--dry-run', '--container', 'emit-a', ...event])
    await emit(rig, ['--container', 'emit-a', ...event, 'ACTION=change'])
    const heard = await client.hears('change', `${PAD}/event7`)

    expect(code).toBe(0)
    const { UDEV_DATABASE_VERSION, ...properties } = Object.fromEntries(decodeMessage(bytesOf(stdout)) ?? [])
    expect(UDEV_DATABASE_VERSION).toBe('1')
    expect({ ...properties, ACTION: 'change' }).toEqual(heard.properties)
    expect(client.summary).toEqual(['change event7'])
  })

  test('refuses what libudev would refuse, tells every mistake, and sends nothing', async ({ rig }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container)

    const refused = await emit(rig, ['--container', 'emit-a', 'SUBSYSTEM=input', 'SEQNUM=0', 'PAD'])
    await emit(rig, ['--container', 'emit-a', `DEVPATH=${PAD}`, 'SUBSYSTEM=input'])
    await client.hears('add', PAD)

    expect(refused).toMatchObject({ code: 64, stdout: '' })
    const lines = refused.stderr.trim().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines.slice(0, 3).join('\n')).toMatch(/"PAD" .*\n.*DEVPATH is missing.*\n.*"SEQNUM=0"/)
    expect(client.summary).toEqual(['add input7'])
  })

  test('says in one sentence which container it can not reach: 69', async ({ rig }) => {
    await rig.createContainer('emit-stopped')
    await rig.container('emit-host', [], { network: 'host' })
    const event = [`DEVPATH=${PAD}`, 'SUBSYSTEM=input']

    const socket = join(rig.directory, 'none.sock')
    const without = join(rig.directory, 'without.yaml')
    writeFileSync(without, `version: 1\ndocker: { socket: ${socket} }\nroutes: []\n`)

    const [stopped, missing, shared, nowhere] = await Promise.all([
      emit(rig, ['--container', 'emit-stopped', ...event]),
      emit(rig, ['--container', 'emit-missing', ...event]),
      emit(rig, ['--container', 'emit-host', ...event]),
      outcomeOf(MAIN, ['emit', '--config', without, '--container', 'x', ...event]),
    ])

    for (const { code, stdout, stderr } of [stopped, missing, shared, nowhere]) {
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        code: 69,
        stdout: '',
        lines: 1,
      })
    }
    expect(stopped.stderr).toContain('container emit-stopped does not run')
    expect(missing.stderr).toContain('there is no container emit-missing')
    expect(shared.stderr).toContain("shares the host's network namespace")
    expect(nowhere.stderr).toContain(socket)
  })

  test('says in one sentence that it needs root: 77', async ({ rig }) => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    const reader = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
    const command = [
      MAIN,
      'emit',
      '--config',
      rig.config('  []'),
      '--container',
      'x',
      `DEVPATH=${PAD}`,
      'SUBSYSTEM=input',
    ]

    const { code, stderr } = await outcomeOf('setpriv', [...nobody, ...reader, '--', ...command])

    expect(code).toBe(77)
    expect(stderr).toMatch(/^udev-proxy: .*root.*\n$/)
  })

  test('finds the engine by DOCKER_HOST when there is no config, and shows the mistakes of one that it is given', async ({
    rig,
  }) => {
    const container = await listener(rig, 'emit-a')
    const client = await Client.start(container)
    const event = [`DEVPATH=${PAD}`, 'SUBSYSTEM=input']
    const wrong = join(rig.directory, 'wrong.yaml')
    writeFileSync(wrong, 'version: 1\n')

    const found = await outcomeOf('env', [
      `DOCKER_HOST=unix://${rig.engine.socket}`,
      MAIN,
      ...['emit', '--container', 'emit-a', ...event],
    ])
    const refused = await outcomeOf(MAIN, ['emit', '--config', wrong, '--container', 'emit-a', ...event])

    expect(found).toMatchObject({ code: 0, stderr: '' })
    await client.hears('add', PAD)
    expect(refused.code).toBe(78)
    expect(refused.stderr).toContain(wrong)
  })
})

/** What a hexdump shows. */
function bytesOf(dump: string): Buffer {
  return Buffer.from(dump.replaceAll(/^[0-9a-f]{8}(.{0,50}).*$/gm, '$1').replaceAll(/\s/g, ''), 'hex')
}
