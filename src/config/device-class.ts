/** What udev's input_id calls ID_INPUT_<CLASS>, in lower case (systemd/src/udev/udev-builtin-input_id.c). */
export const DEVICE_CLASSES = [
  'joystick',
  'keyboard',
  'mouse',
  'touchpad',
  'touchscreen',
  'tablet',
  'pointingstick',
  'accelerometer',
  'key',
  'switch',
] as const

export type DeviceClass = (typeof DEVICE_CLASSES)[number]
