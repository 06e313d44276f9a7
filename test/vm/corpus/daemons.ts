// Two daemons beside each other, one for each source of properties: the installed unit with a config, a stage and a container of its own.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { output } from '../../integration/harness/command.js'
import type { Container } from '../../integration/harness/docker-engine.js'
import { createContainer } from '../harness/machine.js'
import type { Mode } from './exceptions.js'

const INSTALLED = '/usr/local/lib/systemd/system/udev-proxy.service'
const DIRECTORY = '/run/corpus'

/** The second match is for keyboards, which only a route that says so takes. */
const config = (mode: Mode): string => `version: 1
stage: ${DIRECTORY}/${mode}
control: ${DIRECTORY}/${mode}.sock
properties: ${mode}
hostTimeout: 30000
routes:
  - match: [{ subsystem: '*' }, { class: keyboard }]
    container: corpus-${mode}
`

export interface Served {
  mode: Mode
  container: Container
  stop(): Promise<void>
}

/** Starts a container, and a daemon that gives it every device. */
export async function serve(mode: Mode): Promise<Served> {
  const name = `corpus-${mode}`
  const unit = `/run/systemd/system/${name}.service`
  const stage = `${DIRECTORY}/${mode}`
  await mkdir(stage, { recursive: true })
  await output('mount', ['-t', 'tmpfs', '-o', 'mode=755,nosuid,noexec', 'tmpfs', stage])
  await writeFile(`${stage}.yaml`, config(mode))
  await writeFile(unit, unitText(await readFile(INSTALLED, 'utf8'), name, `${stage}.yaml`))
  await output('systemctl', ['daemon-reload'])
  const container = await createContainer({ name })
  await container.start()
  await output('systemctl', ['start', name])
  await container.waitForPath('/run/udev/control')
  return {
    mode,
    container,
    stop: async () => {
      await output('systemctl', ['stop', name])
      await container.remove()
      await output('umount', ['-l', stage])
      await rm(unit)
      await rm(stage, { recursive: true })
      await rm(`${stage}.yaml`)
      await output('systemctl', ['daemon-reload'])
    },
  }
}

/** The installed unit, without what belongs to its own stage, and without a watchdog: emulation may hold up its heartbeats. */
function unitText(installed: string, name: string, configFile: string): string {
  return installed
    .replaceAll(/^(?:Requires|After|Before|WantedBy|WatchdogSec)=.*\n/gm, '')
    .replace(/^(ExecStart=.*udev-proxy run)$/m, `$1 --config ${configFile}`)
    .replace(/^SyslogIdentifier=.*$/m, `SyslogIdentifier=${name}`)
    .replace(/^ReadWritePaths=.*$/m, `ReadWritePaths=${DIRECTORY}`)
}
