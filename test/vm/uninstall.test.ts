// The last file of the suite: nothing of the installation is left behind.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { output, outcomeOf } from '../integration/harness/command.js'
import { SERVICE } from './harness/machine.js'

test('uninstall:system with --purge takes away everything that was installed, and the stage', async () => {
  await output('npm', ['run', 'uninstall:system', '--', '--purge'])
  expect((await outcomeOf('systemctl', ['cat', SERVICE])).code).not.toBe(0)
  expect(await readFile('/proc/1/mounts', 'utf8')).not.toContain('udev-proxy')
  const places = ['/usr/local', '/etc', '/run', '/var/lib']
  expect(await output('find', [...places, '-name', '*udev*proxy*'])).toBe('')
})
