// Records by the builtin rules, of devices that no sysfs has.
import type { Device } from '../../src/kernel/index.js'
import { BuiltinRules } from '../../src/udev/builtin.js'
import type { UdevEvent } from '../../src/udev/event.js'
import type { UdevRecord } from '../../src/udev/record.js'

export function recordOf(device: Device): UdevRecord {
  const rules = new BuiltinRules({
    sysfs: '/nowhere',
    hwdb: undefined,
    udevVersion: 252,
    absInfo: () => [],
  })
  return rules.recordOf(device)
}

/** What udev says of the device when it comes. */
export function addOf(device: Device): UdevEvent {
  return { action: 'add', seqnum: device.seqnum, kernel: device.properties, record: recordOf(device) }
}
