// Keys that a match does not have, and what to write instead of each.

/** What tells devices apart, wherever it is asked for. */
const DEVICES = 'udev-proxy devices prints a match for each device'

/** By the key without case and signs; the value is what is written there. */
const KEYS: Readonly<Record<string, (value: string) => string>> = {
  devname: nodeHint,
  devnode: nodeHint,
  node: nodeHint,
  device: nodeHint,
  event: nodeHint,
  path: (value) => devpathHint(value) ?? nodeHint(value),
  syspath: (value) => devpathHint(value) ?? nodeHint(value),
  port: portHint,
  usbport: portHint,
  usbpath: portHint,
  idpath: portHint,
  physical: portHint,
  serial: (value) => `uniq: ${quoted(value)}, if the kernel says it; ${DEVICES}`,
  serialnumber: (value) => `uniq: ${quoted(value)}, if the kernel says it; ${DEVICES}`,
  usb: idsHint,
  usbid: idsHint,
  id: idsHint,
  ids: idsHint,
  vidpid: idsHint,
  vendorproduct: idsHint,
  hwid: idsHint,
}

/** What to write instead of `key` in a match; undefined where nothing is known of that key. */
export function matchKeyHint(key: string, value: unknown): string | undefined {
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const hint = Object.hasOwn(KEYS, plain) ? KEYS[plain] : undefined
  const pair = /^([0-9a-f]{4})[:_/-]([0-9a-f]{4})$/i.exec(key)
  if (pair !== null) return idsHint(key)
  return hint?.(typeof value === 'string' || typeof value === 'number' ? String(value) : '')
}

function nodeHint(value: string): string {
  const what = value === '' ? 'a node' : value
  return `${what} is another device after the next plug; ${DEVICES}`
}

function devpathHint(value: string): string | undefined {
  const path = /^(?:\/sys)?(\/devices\/.*)$/s.exec(value)?.[1]
  // Numbers of inputs are others after the next plug.
  const place = path?.replace(/\/input\/input\d+.*$|\/input\d+.*$|\/+$/, '')
  return place === undefined ? undefined : `devpath: ${quoted(`${place}/*`)}`
}

/** `1-2`, `1-2.4` and `usb1/1-2` are parts of a devpath; phys names the port behind the controller's address. */
function portHint(value: string): string {
  const port = /(?:^|\/)(\d+-[\d.]+)(?:[:/].*)?$/.exec(value)?.[1]
  if (port !== undefined) return `devpath: "*/${port}/*"`
  return `phys: "usb-0000:00:14.0-2/*"; ${DEVICES}`
}

function idsHint(value: string): string {
  const [, vendor, product] = /^(?:0x)?([0-9a-f]{4})[:_/ -](?:0x)?([0-9a-f]{4})$/i.exec(value) ?? []
  if (vendor === undefined || product === undefined) return 'vendor: "054c", product: "0ce6"'
  return `vendor: ${quoted(vendor.toLowerCase())}, product: ${quoted(product.toLowerCase())}`
}

function quoted(text: string): string {
  return text === '' ? '"..."' : JSON.stringify(text)
}
