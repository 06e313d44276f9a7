// Hides /sys, and starts the Docker Engine that all tests share.
import type { TestProject } from 'vitest/node'
import { setup as startEngine } from '../../integration/harness/global-setup.js'
import { mountSysfs } from './sysfs.js'

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await mountSysfs()
  return startEngine(project)
}
