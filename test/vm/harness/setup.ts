// Before the first test: the daemon is installed with its install script and started, and Docker has the image of the tests.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../integration/harness/command.js'
import { imageTar } from '../../integration/harness/image.js'
import { CONFIG, engine, systemctl } from './machine.js'
import { until } from './until.js'

const ROUTES = `version: 1
routes:
  - name: player-one
    match: { vendor: "045e" }
    container: retroarch-1
    node: { mode: "0660", uid: 1000, gid: 1000 }
  - name: keyboard
    match: { class: keyboard, vendor: "046d" }
    container: kodi
  - name: mouse
    match: { name: "Couch Mouse*" }
    container: kodi
  - name: hid-pad
    match: { bus: usb, vendor: "1209" }
    container: { label: { seat: couch } }
`

export async function setup(): Promise<void> {
  const image = await imageTar(join(await mkdtemp(join(tmpdir(), 'udev-proxy-image-')), 'root'))
  // DEV await installAndStart()
  await until('docker.service', () => output('docker', ['version']).catch(() => undefined), 120_000)
  await engine.load(image)
}

/** Installs from the checkout as the README says, gives the daemon the tests' routes, and starts it. */
export async function installAndStart(): Promise<void> {
  await output('npm', ['run', 'install:system'])
  await writeFile(CONFIG, ROUTES)
  await systemctl('start')
}
