// IMPORT{builtin}="hwdb" without a key: that of the nearest device with a MODALIAS the database knows (src/udev/udev-builtin-hwdb.c).
import { bytesOf } from '../bytes.js'
import type { SysDevice } from '../sys-device.js'
import type { RuleEvent } from './rule-event.js'

export interface Search {
  /** Devices of others are passed over. */
  subsystem?: string
  /** What comes before the MODALIAS in the key. */
  prefix?: string
}

/** udev_builtin_hwdb_search(): whether anything was found. */
export function importByModalias(event: RuleEvent, { subsystem, prefix = '' }: Search = {}): boolean {
  for (let device: SysDevice | undefined = event.self; device !== undefined; device = device.parent) {
    const itsSubsystem = device.subsystem
    if (itsSubsystem === undefined || (subsystem !== undefined && itsSubsystem !== subsystem)) continue
    const isUsbDevice = itsSubsystem === 'usb' && device.devtype === 'usb_device'
    const stated = device.property('MODALIAS')
    const modalias = stated === undefined && isUsbDevice ? usbModalias(device) : bytesOf(stated ?? '')
    if (!modalias) continue
    if (event.importHwdb(prefix, modalias)) return true
    // Above a USB device there is but a hub.
    if (isUsbDevice) return false
  }
  return false
}

/** LINE_MAX, less the NUL. */
const LIMIT = 2047

/** modalias_usb() */
function usbModalias(device: SysDevice): string | undefined {
  const vendor = device.attribute('idVendor')
  const product = device.attribute('idProduct')
  if (vendor === undefined || product === undefined) return undefined
  const name = device.attribute('product') ?? ''
  return `usb:v${four(vendor)}p${four(product)}:${name}`.slice(0, LIMIT)
}

function four(hex: string): string {
  return hex.toUpperCase().padStart(4, '0')
}
