// A container that comes after its device has it all the same, at its first start and at every other.
import { readdir } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { output } from '../integration/harness/command.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { createContainer, engine, journalEntry, STAGE } from './harness/machine.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

const NAME = 'guest'
let container: Container | undefined
let pad: InputDevice | undefined

afterEach(async () => {
  pad?.unplug()
  await container?.remove()
  pad = container = undefined
})

test('a container that restarts is served anew', async () => {
  pad = plugXboxPad('Guest Pad')
  container = await createContainer({ name: NAME })
  await container.start()
  await container.waitForPath(`/dev/input/${pad.event}`)
  await container.engine.docker('restart', '--time', '2', NAME)
  await container.waitForPath(`/dev/input/${pad.event}`)
  expect(await container.exec('libudev-client', '--enumerate', '--subsystem', 'input')).toContain(pad.event)
})

test('a container created with the stage as a volume has device and record before its first instruction', async () => {
  pad = plugXboxPad('Guest Pad')
  const { event } = pad
  container = await createContainer({
    name: NAME,
    args: ['-v', `${STAGE}/${NAME}/input:/dev/input`, '-v', `${STAGE}/${NAME}/udev:/run/udev`],
    command: ['libudev-client', '--enumerate', '--subsystem', 'input'],
  })
  await until('the node on the stage', async () => {
    const nodes = await readdir(`${STAGE}/${NAME}/input`).catch((): string[] => [])
    return nodes.includes(event)
  })
  await container.start()
  const found = await Client.ofLog(container).transcript.until(
    'the pad',
    (line) => 'devnode' in line && line.devnode === `/dev/input/${event}`,
  )
  expect(found).toMatchObject({ node: { exists: true, open_errno: 0 }, initialized: true })
})

test("a privileged container, which has the host's nodes, is refused, and its owner is told what to change", async () => {
  pad = plugXboxPad('Guest Pad')
  container = await engine.create({ name: NAME, args: ['--privileged'] })
  await container.start()
  const refused = await journalEntry('UDEV_PROXY_ACTION=refuse', 'PRIORITY=4', `UDEV_PROXY_CONTAINER=${NAME}`)
  expect(refused['MESSAGE']).toMatch(/it is privileged, .* create it without --privileged .*'c 13:\* rw'/)
  expect(refused['MESSAGE']).toContain('Guest Pad')
  expect(await output('udev-proxy', ['status'])).toMatch(/^guest .* refused: it is privileged/m)
})
