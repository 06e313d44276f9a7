// udevd's default rules for devices of the subsystems input, hidraw and hid, file by file. Files of other subsystems are left out, and vendors' but for those
// that come with libinput.
import { fidoId, powerSwitch, seat, systemd, uaccess } from './access.js'
import { evdev, inputId, joystick, mouse, sensor, touchpad, udevDefault } from './hardware.js'
import { libinputDeviceGroups } from './libinput.js'
import { libwacom } from './libwacom.js'
import { persistentInput } from './persistent-input.js'
import type { RuleEvent } from './rule-event.js'

export { RuleEvent } from './rule-event.js'
export type { AbsInfoReader, RuleContext } from './rule-context.js'

/** In the order of the files' names, which is the order of the properties. */
export const RULES: readonly ((event: RuleEvent) => void)[] = [
  udevDefault,
  evdev,
  fidoId,
  inputId,
  persistentInput,
  sensor,
  libwacom,
  joystick,
  mouse,
  powerSwitch,
  touchpad,
  uaccess,
  seat,
  libinputDeviceGroups,
  systemd,
]
