// libinput's rules. Those of 90-libinput-fuzz-override.rules are left out: they tell a fuzz that they take away from the kernel at the same time, which
// is done to the host's device.
import { textOf } from '../bytes.js'
import { deviceGroup } from '../device-group.js'
import type { RuleEvent } from './rule-event.js'

/** 80-libinput-device-groups.rules */
export function libinputDeviceGroups(event: RuleEvent): void {
  if (!/^event\d/.test(event.self.sysname)) return
  if (event.self.nearest((above) => isSet(above.attribute('phys'))) === undefined) return
  // What a program tells is stripped (get_property_from_string).
  const group = textOf(deviceGroup(event.self) ?? '').replace(/^[ \t]+|[ \t]+$/g, '')
  if (group !== '') event.set('LIBINPUT_DEVICE_GROUP', group)
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && /[^ \t\n\r]/.test(value)
}
