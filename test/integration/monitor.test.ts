// `udev-proxy monitor`: udevadm's layout, with the routes, of the host and of a container.
import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { ENVIRONMENT, outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import { Monitor } from './harness/monitor.js'
import { UeventSender } from './harness/uevents.js'
import { hidrawMajor, test } from './harness/rig.js'
import { Transcript } from './harness/transcript.js'

const ROUTES = '  - { name: player-one, match: { name: "Pad of A" }, container: monitor-a }'

describe('udev-proxy monitor', () => {
  test("prints the kernel's events of the host, and the route that each takes", async ({ rig }) => {
    await rig.container('monitor-a')
    const monitor = await Monitor.start('--config', rig.config(ROUTES))
    const [mine, other] = [rig.pad({ name: 'Pad of A' }), rig.pad({ name: 'Stranger' })]
    const net = { action: 'add', devpath: '/devices/virtual/net/dummy7', properties: { SUBSYSTEM: 'net' } }

    await rig.plug(mine, other)
    await rig.kernel.send([net])
    await rig.unplug(mine)
    await monitor.prints(new RegExp(`remove.*${mine.input} `))

    expect(await monitor.stop('SIGINT')).toBe(0)
    expect(monitor.out.entries.slice(0, 4)).toEqual([
      'monitor will print the received events for:',
      'UDEV - the event which udev sends out after rule processing',
      'KERNEL - the kernel uevent',
      '',
    ])
    expect(monitor.out.entries.slice(4).map((line) => line.replace(/\[\d+\.\d{6}\]/, '[]'))).toEqual([
      ...[mine.input, mine.js, mine.event].map(
        (path) => `KERNEL[] add      ${path} (input) -> player-one (monitor-a)`,
      ),
      ...[other.input, other.js, other.event].map((path) => `KERNEL[] add      ${path} (input) -> no route`),
      'KERNEL[] add      /devices/virtual/net/dummy7 (net)',
      ...[mine.js, mine.event, mine.input].map(
        (path) => `KERNEL[] remove   ${path} (input) -> player-one (monitor-a)`,
      ),
    ])
    expect(monitor.err.entries).toEqual([])
  })

  test('prints what udevadm monitor prints at the same time', async ({ rig }) => {
    const udevadm = new Transcript('udevadm monitor', (line: string) => line)
    const child = spawn('stdbuf', ['-oL', 'udevadm', 'monitor', '--property'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: ENVIRONMENT,
    })
    udevadm.read(child.stdout)
    await udevadm.until('its first lines', (line) => line.startsWith('KERNEL -'))
    const monitor = await Monitor.start('--config', rig.config('  []'), '--property', '--udev', '--kernel')
    const pad = rig.pad({ name: 'Pad of "A"' })

    await rig.plug(pad)
    await rig.unplug(pad)
    const last = (line: string): boolean => line.includes('remove') && line.endsWith(`${pad.input} (input)`)
    await Promise.all([monitor.prints(new RegExp(`remove .*${pad.input} `)), udevadm.until('the end', last)])
    child.kill()
    await monitor.stop()

    // Without routes there is nothing to add but that none takes a pad.
    const lines = (transcript: Transcript<string>): string[] =>
      transcript.entries.map((line) =>
        line.replace(/\[\d+\.\d{6}\]/, '[]').replace(/^-> no route$/, 'no route'),
      )
    const printed = lines(monitor.out)
    expect(printed.filter((line) => line === 'no route')).toHaveLength(6)
    const same = Math.min(printed.length - 6, udevadm.entries.length)
    expect(same).toBeGreaterThan(40)
    expect(printed.filter((line) => line !== 'no route').slice(0, same)).toEqual(
      lines(udevadm).slice(0, same),
    )
  })

  test("prints a container's announcements from inside its network namespace, as udevadm does there", async ({
    rig,
  }) => {
    await rig.daemon(ROUTES)
    const { container, client } = await rig.player('monitor-a')
    const udevadm = new Transcript('udevadm in monitor-a', (line: string) => line)
    container.follow(udevadm, 'udevadm', 'monitor', '--udev', '--property')
    await udevadm.until('its first lines', (line) => line.startsWith('UDEV -'))
    const monitor = await Monitor.start(
      '--config',
      rig.config(ROUTES),
      '--container',
      'monitor-a',
      '-u',
      '-p',
    )
    const pad = rig.pad({ name: 'Pad of A' })

    await rig.plug(pad)
    await client.hears('add', pad.event)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    // Whatever comes last, its block is whole when the next event's title has come.
    const marker = rig.pad({ name: 'Pad of A' })
    await rig.plug(marker)
    const title = new RegExp(`^UDEV .* add .*${marker.input} `)
    await Promise.all([monitor.prints(title), udevadm.until('the marker', (line) => title.test(line))])

    const blocks = (transcript: Transcript<string>): string[][] => {
      const end = transcript.entries.findIndex((line) => title.test(line))
      return transcript.entries
        .slice(0, end)
        .map((line) =>
          line
            .replace(/\[\d+\.\d{6}\]/, '[]')
            .replace(/(?<=TAGS=).*/, (tags) => tags.split(':').sort().join(':')),
        )
        .join('\n')
        .split('\n\n')
        .map((block) => block.split('\n'))
    }
    const printed = blocks(monitor.out)
    expect(printed).toHaveLength(7)
    expect(printed.slice(1, 7).map(([, route]) => route)).toEqual(Array(6).fill('-> player-one (monitor-a)'))
    expect(printed.map((block) => block.filter((line) => !line.startsWith('-> ')))).toEqual(blocks(udevadm))
    expect(monitor.err.entries).toEqual([])
    expect(await monitor.stop()).toBe(0)
  })

  test('follows the config of the daemon when it is loaded anew', async ({ rig }) => {
    const config = rig.config(ROUTES)
    const daemon = await rig.daemon(ROUTES)
    const monitor = await Monitor.start('--config', config, '--kernel')
    const plain = () => rig.pad({ name: 'Pad of A' })
    const [before, after, last] = [plain(), plain(), plain()]
    await rig.plug(before)
    await monitor.prints(new RegExp(`${before.event} .* -> player-one `))

    rig.config(ROUTES.replace('player-one', 'player-two'))
    process.kill(daemon.pid, 'SIGHUP')
    await monitor.err.until('the news', (line) => line.includes('the config has changed'))
    await rig.plug(after)
    await monitor.prints(new RegExp(`${after.event} .* -> player-two `))
    await rig.unplug(before)
    await monitor.prints(new RegExp(`remove .*${before.event} .* -> player-two `))

    // One that is wrong is not taken, and nothing changes.
    rig.config('  - { name: three, mtch: {}, container: x }')
    process.kill(daemon.pid, 'SIGHUP')
    await daemon.says('error', /./)
    await rig.plug(last)
    await monitor.prints(new RegExp(`${last.event} .* -> player-two `))
    expect(monitor.err.entries.filter((line) => line.includes('has changed:'))).toHaveLength(1)
    expect(await monitor.stop()).toBe(0)
  })

  test('shows a route that goes by a uniq which the driver learns in its probe', async ({ rig }) => {
    const monitor = await Monitor.start(
      '--kernel',
      '--config',
      rig.config('  - { name: mine, match: { uniq: "a0:b1:c2:d3:e4:f5" }, container: monitor-a }'),
    )
    const pad = rig.pad({ name: 'Late Uniq', hidrawMajor: hidrawMajor() })
    const learned = pad.add.map((uevent) =>
      uevent.action === 'bind'
        ? { ...uevent, properties: { ...uevent.properties, HID_UNIQ: 'a0:b1:c2:d3:e4:f5' } }
        : uevent,
    )
    await rig.kernel.send(learned)
    const hid = pad.add[0]?.devpath ?? ''
    await monitor.prints(new RegExp(`add .*${hid} .* -> not decided yet`))
    await monitor.prints(new RegExp(`bind .*${hid} .* -> mine `))
    await rig.kernel.send(pad.remove)
    await monitor.prints(new RegExp(`remove .*${pad.event} .* -> mine `))
    expect(await monitor.stop()).toBe(0)
  })

  test('writes JSON, an object a line, with route and container', async ({ rig }) => {
    await rig.container('monitor-a')
    const monitor = Monitor.spawn(['--json', '--kernel', '--config', rig.config(ROUTES)])
    const pad = rig.pad({ name: 'Pad of A' })
    // Nothing says that it listens: devices are plugged until one is heard.
    const first = monitor.prints(/^\{/)
    for (let isHeard = false; !isHeard;) {
      const early = rig.pad({ name: 'Early' })
      await rig.plug(early)
      isHeard = await Promise.race([first.then(() => true), pause(200, false)])
    }

    await rig.plug(pad)
    const line = await monitor.prints(new RegExp(`"devpath":"${pad.event}"`))

    const { time, ...event } = JSON.parse(line) as { time: number; properties: Record<string, string> }
    const [, minor] = pad.eventNumber.split(':')
    const now = Number(process.hrtime.bigint()) / 1e9
    expect(time).toBeGreaterThan(now - 60)
    expect(time).toBeLessThan(now)
    expect(event).toEqual({
      source: 'kernel',
      action: 'add',
      devpath: pad.event,
      subsystem: 'input',
      properties: {
        ACTION: 'add',
        DEVPATH: pad.event,
        SUBSYSTEM: 'input',
        DEVNAME: pad.eventNode,
        SEQNUM: event.properties['SEQNUM'],
        MAJOR: '13',
        MINOR: minor,
      },
      route: 'player-one',
      container: 'monitor-a',
    })
    expect(Number(event.properties['SEQNUM'])).toBeGreaterThan(0)
    for (const other of monitor.out.entries) expect(other).toMatch(/^\{.*\}$/)
    await monitor.stop()
  })

  test('follows the containers: a route leads to one that does not run, and then to one that does', async ({
    rig,
  }) => {
    const monitor = await Monitor.start('-k', '--config', rig.config(ROUTES))
    const plug = async (): Promise<string> => {
      const pad = rig.pad({ name: 'Pad of A' })
      await rig.plug(pad)
      return monitor.prints(new RegExp(`${pad.event} `))
    }

    const before = await plug()
    await rig.container('monitor-a')
    let after = await plug()
    for (let attempt = 0; attempt < 100 && !after.endsWith('(monitor-a)'); attempt++) after = await plug()

    expect(before).toMatch(/ -> player-one \(monitor-a, not running\)$/)
    expect(after).toMatch(/ -> player-one \(monitor-a\)$/)
    await monitor.stop()
  })

  test('ends with its container', async ({ rig }) => {
    const container = await rig.container('monitor-a')
    const monitor = await Monitor.start('--config', rig.config('  []'), '--container', 'monitor-a')

    await container.stop()

    expect(await monitor.ended()).toBe(0)
    await monitor.tells(/container monitor-a has ended$/)
  })

  test('shows nothing that was not sent by the kernel, and says so', async ({ rig }) => {
    const monitor = await Monitor.start('-k', '--config', rig.config('  []'))
    const forged = UeventSender.forged()
    const [forgedPad, pad] = [rig.pad(), rig.pad()]

    await forged.send(forgedPad.add)
    await rig.plug(pad)
    await monitor.prints(new RegExp(`${pad.event} `))
    forged.close()

    expect(monitor.out.text()).not.toContain(forgedPad.input)
    await monitor.tells(/KERNEL messages not shown so far: 3 from senders/)
    await monitor.stop()
  })

  test('ends quietly when nobody reads any more', async ({ rig }) => {
    const config = rig.config('  []')
    const head = outcomeOf('sh', [
      '-c',
      `${MAIN} monitor -k --config ${config} | head -n 5; echo "\${PIPESTATUS:-read}"`,
    ])
    for (let isOver = false; !isOver;) {
      await rig.plug(rig.pad())
      isOver = await Promise.race([head.then(() => true), pause(200, false)])
    }

    const { stdout, stderr } = await head
    expect(stdout).toMatch(/^monitor will print.*\nread\n$/s)
    expect(stderr).toBe('')
  })

  test('goes on without an engine, and says so', async ({ rig }) => {
    const socket = `${rig.directory}/none.sock`
    const routed = await Monitor.start('-k', '--config', rig.config(ROUTES, socket))
    const pad = rig.pad({ name: 'Pad of A' })

    await rig.plug(pad)

    expect(await routed.prints(new RegExp(`${pad.event} `))).toMatch(/ -> player-one \(monitor-a\)$/)
    expect(routed.err.entries).toEqual([expect.stringContaining(socket)])
    await routed.stop()
  })
})

describe('the command line', () => {
  test.for(['run', 'check', 'emit', 'monitor'])('tells how %s is used', async (command) => {
    const { code, stdout, stderr } = await outcomeOf(MAIN, [command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^usage: udev-proxy ${command} `))
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(90)
  })

  test('tells which commands there are', async () => {
    const none = await outcomeOf(MAIN, [])
    const unknown = await outcomeOf(MAIN, ['emitt'])
    const help = await outcomeOf(MAIN, ['--help'])
    const version = await outcomeOf(MAIN, ['--version'])
    expect([none.code, unknown.code, help.code, version.code]).toEqual([64, 64, 0, 0])
    expect(unknown.stderr).toContain('there is no command emitt')
    for (const text of [none.stderr, unknown.stderr, help.stdout])
      for (const command of ['run', 'check', 'emit', 'monitor'])
        expect(text).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test.for([
    ['run', 'now'],
    ['check', 'a', 'b'],
    ['monitor', 'now'],
    ['monitor', '--prperty'],
    ['emit', '--container'],
    ['emit', '--container', 'a'],
    ['status', 'now'],
    ['devices', 'now'],
    ['explain'],
    ['explain', 'event7', 'event8'],
  ])('refuses %j: 64, with a word of what is wrong, and an example', async (args) => {
    const { code, stdout, stderr } = await outcomeOf(MAIN, args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`^udev-proxy ${args[0] ?? ''}: .+\nfor example: udev-proxy ${args[0] ?? ''} .*--help shows`),
    )
  })
})
