import { test } from 'vitest'
import { mkdirSync, writeFileSync, readdirSync } from 'node:fs'
import { Client } from '../integration/harness/client.js'
import { createContainer, runContainer } from './harness/machine.js'
import { plugHidPad } from './harness/uhid.js'
import { output } from '../integration/harness/command.js'

let t = Date.now()
const lap = (s: string) => { const n = Date.now(); console.log(s, n - t); t = n }
test('timing', async () => {
  lap('start ' + process.uptime())
  await output('docker', ['version']); lap('docker version')
  const c = await createContainer({ name: 'aa' , args: ['-v', '/tmp/x/udev:/run/udev', '-v', '/dev:/dev']}); lap('create')
  await c.start(); lap('start')
  mkdirSync('/tmp/x/udev', { recursive: true }); writeFileSync('/tmp/x/udev/control', '')
  lap(await c.shell('ls /dev/input'))
  const b = await runContainer({ name: 'bb' }); lap('run b')
  const cl = await Client.start(c); lap('client')
  const pad = await plugHidPad('Couch HID Pad', 0x1209, 0x5a01); lap('pad')
  console.log(pad, readdirSync('/dev/input'), readdirSync('/dev').filter(x => x.startsWith('hidraw')))
  pad.report(1); pad.report(0)
  pad.unplug(); lap('unplug')
  await b.exec('true'); lap('exec true')
  await c.engine.docker('restart', '--time', '2', 'aa'); lap('restart')
  await b.remove(); lap('rm')
  await c.remove(); lap('rm')
  console.log(await output('sh', ['-c', 'systemd-analyze time; systemd-analyze blame | head -20;systemd-analyze critical-chain docker.service; cat /proc/uptime; ps aux --sort=-time | head -15']).catch(String))
}, 120000)
