// Under cgroup v2: what a container may not open is told when it is given, with the line to add; with that line it is not.
import { constants } from 'node:os'
import { onTestFinished, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { createContainer, engine, journal, journalEntry } from './harness/machine.js'
import { output } from '../integration/harness/command.js'
import { plugXboxPad } from './harness/uinput.js'

const SAID =
  /^guest can't open (?:event|js)\d+ \(13:\d+\): its device cgroup does not allow it; create it with --device-cgroup-rule='c 13:\* rw'/
const FIELDS = ['UDEV_PROXY_CONTAINER=guest', 'UDEV_PROXY_ACTION=attach', 'PRIORITY=4']

test('a container without a rule is told of at attach, and not once it has the rule', async () => {
  expect(await output('stat', ['-f', '-c', '%T', '/sys/fs/cgroup'])).toBe('cgroup2fs')
  const pads = [plugXboxPad('Guest Pad one'), plugXboxPad('Guest Pad two')]
  onTestFinished(() => {
    for (const pad of pads) pad.unplug()
  })
  const closed = await engine.run({ name: 'guest' })
  const client = await Client.start(closed)
  const later = plugXboxPad('Guest Pad three')
  onTestFinished(() => later.unplug())
  const event = await client.hears('add', `${later.devpath}/${later.event}`)
  expect(event.node?.open_errno).toBe(constants.errno.EPERM)
  const { MESSAGE, __CURSOR } = await journalEntry(...FIELDS)
  expect(MESSAGE).toMatch(SAID)
  expect((await journal(...FIELDS)).filter((entry) => SAID.test(entry['MESSAGE'] ?? ''))).toHaveLength(1)
  expect(await output('udev-proxy', ['status'])).toMatch(/can't open (?:event|js)\d+/)
  await closed.remove()

  const open = await createContainer({ name: 'guest' })
  await open.start()
  onTestFinished(async () => open.remove())
  const allowed = await Client.start(open)
  const last = plugXboxPad('Guest Pad four')
  onTestFinished(() => last.unplug())
  const opened = await allowed.hears('add', `${last.devpath}/${last.event}`)
  expect(opened.node?.open_errno).toBe(0)
  expect(await output('udev-proxy', ['status'])).not.toMatch(/can't open/)
  expect((await journalEntry(...FIELDS))['__CURSOR']).toBe(__CURSOR)
})
