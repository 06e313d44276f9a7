// Who may have a device: security tokens, tags for logind, and the seat.
import { isFidoToken } from '../fido-id.js'
import type { RuleEvent } from './rule-event.js'

/** 60-fido-id.rules */
export function fidoId(event: RuleEvent): void {
  if (event.device.subsystem === 'hidraw') {
    const descriptor = event.self.parent?.bytes('report_descriptor')
    if (descriptor !== undefined && isFidoToken(descriptor)) {
      event.set('ID_FIDO_TOKEN', '1')
      event.set('ID_SECURITY_TOKEN', '1')
    }
  }
  if (event.env('ID_SECURITY_TOKEN') === '1') event.tag('security-device')
  if (hasInterface(event, /:0b....:/)) event.set('ID_SMARTCARD_READER', '1')
  if (event.env('ID_SMARTCARD_READER') === '1') event.tag('security-device')
}

/** Whether a USB device has such an interface: class, subclass and protocol between colons. */
function hasInterface(event: RuleEvent, kind: RegExp): boolean {
  const isUsbDevice = event.device.subsystem === 'usb' && event.self.devtype === 'usb_device'
  return isUsbDevice && kind.test(event.env('ID_USB_INTERFACES'))
}

/** 70-power-switch.rules */
export function powerSwitch(event: RuleEvent): void {
  if (event.device.subsystem !== 'input' || !event.self.sysname.startsWith('event')) return
  if (event.env('ID_INPUT_SWITCH') === '1' || event.env('ID_INPUT_KEY') === '1') event.tag('power-switch')
}

interface Grant {
  property: string
  subsystem?: string
  /** Any but an empty one otherwise. */
  value?: string
  since?: 257
}

/** Properties that let whoever sits at the machine have the node: those that a device of ours can get, by the hardware database or by its class. */
const GRANTS: readonly Grant[] = [
  { property: 'ID_GPHOTO2' },
  { property: 'libsane_matched', value: 'yes' },
  { property: 'ID_HPLIP', value: '1' },
  { property: 'ID_SMARTCARD_READER' },
  { property: 'ID_SECURITY_TOKEN' },
  { property: 'ID_PDA' },
  { property: 'ID_REMOTE_CONTROL', value: '1' },
  { property: 'ID_INPUT_JOYSTICK', subsystem: 'input' },
  { property: 'ID_MEDIA_PLAYER', subsystem: 'usb' },
  { property: 'ID_SIGNAL_ANALYZER', subsystem: 'usb' },
  { property: 'COLOR_MEASUREMENT_DEVICE' },
  { property: 'DDC_DEVICE' },
  { property: 'ID_SOFTWARE_RADIO' },
  { property: 'ID_MAKER_TOOL' },
  ...['hidraw', 'usb'].flatMap((subsystem) => [
    { property: 'ID_AV_PRODUCTION_CONTROLLER', subsystem, value: '1' },
    { property: 'ID_AV_LIGHTS', subsystem, value: '1' },
    { property: 'ID_HARDWARE_WALLET', subsystem, value: '1' },
  ]),
  { property: 'ID_INPUT_3D_MOUSE', subsystem: 'hidraw', value: '1', since: 257 },
  { property: 'ID_DEBUG_APPLIANCE', since: 257 },
]

/** 70-uaccess.rules */
export function uaccess(event: RuleEvent): void {
  if (event.env('MAJOR') === '') return
  const isGranted = GRANTS.some(({ property, subsystem, value, since }) => {
    const found = event.env(property)
    return (
      (value === undefined ? found !== '' : found === value) &&
      (subsystem === undefined || subsystem === event.device.subsystem) &&
      (since === undefined || event.context.udevVersion >= since)
    )
  })
  if (isGranted || hasInterface(event, /:060101:/)) event.tag('uaccess')
}

/** 71-seat.rules. The seat itself, ID_SEAT of 73-seat-late.rules, is never the rules' own: somebody has assigned it on the host. */
export function seat(event: RuleEvent): void {
  const { device, self, context } = event
  const { subsystem } = device
  if (event.hasTag('uaccess')) event.tag('seat')
  if (subsystem === 'input' && self.sysname.startsWith('input')) event.tag('seat')
  if (subsystem === 'hidraw' && context.udevVersion >= 257) event.tag('seat')
  if (subsystem === 'usb' && self.attribute('bDeviceClass') === '00') event.tag('seat')
  if (!event.hasTag('seat')) return
  if (event.env('ID_PATH') === '') event.import(context.pathId(self))
  const path = event.env('ID_PATH_TAG')
  if (event.env('ID_FOR_SEAT') === '' && path !== '') event.set('ID_FOR_SEAT', `${subsystem}-${path}`)
}

/** 99-systemd.rules */
export function systemd(event: RuleEvent): void {
  if (event.env('ID_SMARTCARD_READER') !== '') want(event, 'smartcard.target')
  if (hasInterface(event, /:0701..:/)) want(event, 'printer.target')
}

function want(event: RuleEvent, target: string): void {
  event.tag('systemd')
  for (const key of ['SYSTEMD_WANTS', 'SYSTEMD_USER_WANTS'])
    event.set(key, event.env(key) === '' ? target : `${event.env(key)} ${target}`)
}
