import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { UinputDevice } from '../../../src/demo/lab.js'
import { lab } from '../../../src/demo/lab.js'
import { inNewNetns } from './support/netns.js'

test('the clock is the one of process.hrtime', () => {
  const before = Number(process.hrtime.bigint()) / 1000
  const now = lab.monotonic()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThan(before + 1_000_000)
})

test('an injector that is given too much, is closed or not allowed to, says so', async () => {
  const errors = await inNewNetns(({ lab, uevent }) => {
    const codeOf = (action: () => void): unknown => {
      try {
        action()
        return 'sent'
      } catch (error) {
        return error
      }
    }
    const closed = lab.openInjector()
    closed.close()
    closed.close()
    const tooLong = codeOf(() => lab.openInjector().send(Buffer.alloc(4096, 'x')))
    const unprivileged = codeOf(() => {
      process.setuid?.(65534)
      lab.openInjector().send(uevent('/devices/a'))
    })
    return [tooLong, codeOf(() => closed.send(uevent('/devices/a'))), unprivileged]
  })
  expect(errors).toMatchObject([
    { code: 'EINVAL', syscall: 'sendto' },
    { code: 'EBADF' },
    { code: 'EPERM', syscall: 'sendto' },
  ])
})

test('a device of uinput is plugged and unplugged; a kernel without uinput says ENOENT', () => {
  const plug = (): UinputDevice =>
    lab.createUinput({
      name: 'udev-proxy test pad',
      phys: 'udev-proxy/test',
      bus: 6,
      vendor: 0x1209,
      product: 1,
      version: 1,
      keys: [304, 305],
      absoluteAxes: [{ code: 0, minimum: -128, maximum: 127, fuzz: 0, flat: 15, resolution: 0, value: 0 }],
      forceFeedback: [0x50],
    })
  if (!existsSync('/dev/uinput')) {
    expect(plug).toThrow("ENOENT: no such file or directory, open '/dev/uinput'")
    return
  }
  const device = plug()
  expect(existsSync(`/sys/class/input/${device.sysname}`)).toBe(true)
  device.emit(1, 304, 1)
  device.emit(0, 0, 0)
  device.destroy()
  device.destroy()
  expect(existsSync(`/sys/class/input/${device.sysname}`)).toBe(false)
})
