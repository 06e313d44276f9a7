// Where a device is plugged in, as people find it written, and the entry of a match that means that place.

import type { Meant } from './match-key.js'

/** ID_PATH begins with the bus of a controller, as path_id builds it (udev-builtin-path_id.c). */
const ID_PATH =
  /^(?:pci|platform|acpi|vmbus|usb|usbv\d|amba|bcma|iucv|nst|ap|ccw|ccwgroup|scm)-.*(?:-(?:usb|usbv\d|serio|platform|bluetooth)-|:)/
const PHYS = /^usb-[0-9a-z_.:]+-[\d.]+(?:\/.*)?$/
/** What the rules append to the links of by-path and by-id (60-persistent-input.rules). */
const LINK_END =
  /(?:-if[0-9a-f]{2})?(?:-event)?(?:-if[0-9a-f]{2})?(?:-(?:joystick|kbd|mouse|ir|spkr|mac|js|event))?$/

/** `1-2`, `1-2.4` and `usb1/1-2` are parts of a devpath; phys names the port behind the controller's address, and so does ID_PATH. */
export function meantByPort(value: string): Meant | undefined {
  if (PHYS.test(value)) return ['phys', value.includes('/') ? value : `${value}/*`]
  const link = meantByLink(value) ?? meantByPath(value)
  if (link !== undefined) return link
  if (ID_PATH.test(value)) return [idPathOf(value), value]
  if (/^usb\d+$/.test(value)) return ['devpath', `*/${value}/*`]
  const port = /(?:^|\/)(\d+-\d+(?:\.\d+)*)(?:[:/].*)?$/.exec(value)?.[1]
  return port === undefined ? undefined : ['devpath', `*/${port}/*`]
}

/** A node of /dev, or one of the links that udev makes to it. */
export function meantByNode(value: string): Meant | undefined {
  const link = meantByLink(value)
  if (link !== undefined) return link
  if (/^(?:\/dev\/input\/)?js[*?[{]/.test(value)) return ['class', 'joystick']
  if (/^(?:\/dev\/input\/)?(?:mouse[*?[{]|mice$)/.test(value)) return ['class', 'mouse']
  return /^(?:\/dev\/)?hidraw[*?[{]/.test(value) ? ['subsystem', 'hidraw'] : undefined
}

function meantByLink(value: string): Meant | undefined {
  const [, kind, file = ''] = /(?:^|\/)by-(path|id)\/([^/]+)$/.exec(value) ?? []
  const base = file.replace(LINK_END, '')
  if (kind === undefined || base === '') return undefined
  if (kind === 'path') return [idPathOf(base), base]
  const serial = base.replace(/^[a-z0-9]+-/, '')
  return ['properties.ID_SERIAL', serial]
}

/** Newer rules write the version of USB into the links. */
function idPathOf(path: string): string {
  return /-usbv\d-/.test(path) ? 'properties.ID_PATH_WITH_USB_REVISION' : 'properties.ID_PATH'
}

/** A devpath: all that is below it, as far as that is the same after the next plug. */
export function meantByPath(value: string): Meant | undefined {
  const path = /^(?:\/sys)?(\/devices\/.*)$/s.exec(value)?.[1]
  // Numbers of inputs and of HID devices are others after the next plug.
  const place = path?.replace(
    /\/(?:input\/input\d+|input\d+|hidraw\/hidraw\d+|[0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{4}\.).*$|\/[*/]*$/,
    '',
  )
  return place === undefined || place === '/devices' ? undefined : ['devpath', `${place}/*`]
}
