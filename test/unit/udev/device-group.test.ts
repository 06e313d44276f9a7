import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deviceGroup } from '../../../src/udev/device-group.js'
import { SysTree } from '../../../src/udev/sys-tree.js'
import { SysfsTree } from '../sysfs-tree.js'

let tree: SysfsTree
beforeEach(() => {
  tree = new SysfsTree()
})
afterEach(() => tree.remove())

function groupOf(phys: string | undefined, product = 'PRODUCT=3/56a/27/100'): string | undefined {
  const input = '/devices/virtual/input/input5'
  tree.add(input, { subsystem: 'input', uevent: [product], attributes: phys === undefined ? {} : { phys } })
  tree.add(`${input}/event5`, { subsystem: 'input' })
  const device = new SysTree(tree.root).above(`${input}/event5/x`)
  return device && deviceGroup(device)
}

describe('deviceGroup', () => {
  it.each([
    ['usb-0000:00:14.0-2/input0', '3/56a/27:usb-0000:00:14.0-2'],
    ['usb-0000:00:14.0-6.3.1/input0', '3/56a/27:usb-0000:00:14.0-6.3'],
    ['usb-0000:00:14.0-2/input2:1', '3/56a/27:usb-0000:00:14.0-2'],
    ['isa0060/serio0/input0', '3/56a/27:isa0060/serio0'],
    ['00:1a:7d:da:71:13', '3/56a/27:00:1a:7d:da:71:13'],
    ['my.program', '3/56a/27:my'],
    ['50%\u001b[2J', '3/56a/27:50%%?[2J'],
    ['', '3/56a/27:'],
  ])('of a device at %j is %j', (phys, group) => {
    expect(groupOf(phys)).toBe(group)
  })

  it('keeps ids that are none as they are', () => {
    expect(groupOf('a', 'PRODUCT=3/56a')).toBe('3/56a:a')
    expect(groupOf('a', 'NAME=x')).toBe('0/0/0:a')
  })

  it('is unknown for what is plugged nowhere', () => {
    expect(groupOf(undefined)).toBeUndefined()
  })
})
