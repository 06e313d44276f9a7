import { expect, it } from 'vitest'
import { listensTo } from '../../../src/container/listeners.js'
import { GROUP_UDEV } from '../../../src/groups.js'

const HEADER = 'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n'
const row = (protocol: number, groups: string): string =>
  `00000000a1b2c3d4 ${String(protocol).padEnd(3)} 4242       ${groups} 0        0        0     2        0        12345\n`

it('hears udev who is bound to its group, alone or with others', () => {
  for (const groups of ['00000002', '00000003', 'ffffffff']) {
    expect(listensTo(GROUP_UDEV, HEADER + row(0, '00000000') + row(15, groups))).toBe(true)
  }
})

it('hears nothing who is bound to others, or of another protocol', () => {
  const table = HEADER + row(15, '00000000') + row(15, '00000001') + row(0, '00000002')
  expect(listensTo(GROUP_UDEV, table)).toBe(false)
  expect(listensTo(GROUP_UDEV, '')).toBe(false)
})
