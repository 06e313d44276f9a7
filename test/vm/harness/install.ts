// The daemon as a user has it: installed from the checkout, with routes of its own, started by systemd.
import { writeFile } from 'node:fs/promises'
import { output } from '../../integration/harness/command.js'
import { CONFIG, SERVICE, systemctl } from './machine.js'

/** Emulated, a udevd is slower than a real one, and what it says late is announced as a change. */
const ROUTES = `version: 1
hostTimeout: 5000
routes:
  - name: clients
    match: { name: "Clients *" }
    container: clients
  - name: sandbox
    match: { name: "Sandbox *" }
    container: sandbox
  - name: host-network
    match: { name: "Host Network *" }
    container: host-network
    network: host
  - name: neighbour
    match: { name: "Neighbour *" }
    container: neighbour
    network: host
  - name: guest
    match: { name: "Guest Pad*" }
    container: guest
  - name: player-one
    match: { vendor: "045e" }
    container: retroarch-1
    node: { mode: "0660", uid: 1000, gid: 1000 }
  - name: dualsense
    match: { name: "Steady DualSense*" }
    container: retroarch-1
  - name: keyboard
    match: { class: keyboard, vendor: "046d" }
    container: kodi
  - name: mouse
    match: { name: "Couch Mouse*" }
    container: kodi
  - name: hid-pad
    match: { bus: usb, vendor: "1209" }
    container: { label: { seat: couch } }
  - name: posers
    match: { class: joystick, name: "Poser *" }
    container: kodi
  - name: builtin-pedals
    match: { class: joystick, name: "Builtin *" }
    container: kodi
    properties: builtin
`

export async function installAndStart(): Promise<void> {
  await output('npm', ['run', 'install:system'])
  await writeFile(CONFIG, ROUTES)
  await output('systemctl', ['enable', SERVICE])
  await systemctl('start')
}
