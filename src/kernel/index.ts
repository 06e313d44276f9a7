export type { Bitmap } from './bitmap.js'
export type { Arrival, Device, DeviceNode, Surroundings } from './device.js'
export {
  deviceFrom,
  handledUnit,
  isPassing,
  lastingProperties,
  ownProperties,
  parentOf,
  sameDevice,
  sysnameOf,
} from './device.js'
export type { Capabilities, Facts } from './facts.js'
export { hidFacts, inputFacts } from './facts.js'
export type { KernelMonitor, KernelSignal, MonitorCounters } from './monitor.js'
export { kernelMonitor, monotonicMicroseconds } from './monitor.js'
export {
  SYSFS,
  driverAbove,
  enumerate,
  hasDevice,
  readBytes,
  readCapabilities,
  readLinkName,
  readProperties,
  readSeqnum,
  readUevent,
  reportsLetters,
} from './sysfs.js'
export type { Move } from './move.js'
export { moveOf, movedDevice, movedPath } from './move.js'
export type { Action, Uevent } from './uevent.js'
export { isArrival, isProbeEnd, isHidUnbind } from './uevent.js'
export { isHidUnit, unitOf, unitsAbove } from './unit.js'
export { PROBE_TIME, probeTimeLeft } from './probe.js'
export { isBelowUsb, usbParents } from './usb-parents.js'
export { kindOfPath, locate } from './locate.js'
