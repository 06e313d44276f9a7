// Whoever comes first, the device, the container or the daemon: the container has the device when all are there.
import { readdir } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { createContainer, runContainer, STAGE, systemctl } from './harness/machine.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

let container: Container | undefined
let pad: InputDevice | undefined

afterEach(async () => {
  pad?.unplug()
  await container?.remove()
  pad = container = undefined
})

test('a container that restarts is served anew', async () => {
  pad = plugXboxPad()
  container = await runContainer({ name: 'retroarch-1' })
  await container.waitForPath(`/dev/input/${pad.event}`)
  await container.engine.docker('restart', '--time', '2', container.name)
  await container.waitForPath(`/dev/input/${pad.event}`)
  expect(await container.exec('libudev-client', '--enumerate', '--subsystem', 'input')).toContain(
    `/dev/input/${pad.event}`,
  )
})

test('a container created with the stage as a volume has device and record before its first instruction', async () => {
  pad = plugXboxPad()
  const { event } = pad
  container = await createContainer({
    name: 'retroarch-1',
    args: ['-v', `${STAGE}/retroarch-1/input:/dev/input`, '-v', `${STAGE}/retroarch-1/udev:/run/udev`],
    command: ['libudev-client', '--enumerate', '--subsystem', 'input'],
  })
  await until('the node on the stage', async () => (await stageOf('retroarch-1')).includes(event))
  await container.start()
  const client = Client.ofLog(container)
  const found = await client.transcript.until(
    'the pad',
    (line) => 'devnode' in line && line.devnode === `/dev/input/${event}`,
  )
  expect(found).toMatchObject({ node: { exists: true, open_errno: 0 }, initialized: true })
})

test('a device that was there before the daemon is attached when it starts', async () => {
  await systemctl('stop')
  pad = plugXboxPad()
  container = await runContainer({ name: 'retroarch-1' })
  expect(await container.list('/dev/input')).toEqual([])
  await systemctl('start')
  await container.waitForPath(`/dev/input/${pad.event}`)
})

async function stageOf(name: string): Promise<string[]> {
  return readdir(`${STAGE}/${name}/input`).catch(() => [])
}
