/** Bus names as a config writes them -> the id as sysfs and PRODUCT= show it (BUS_* in linux/input.h), padded to 4 hex digits. */
export const BUSES = {
  pci: '0001',
  isapnp: '0002',
  usb: '0003',
  hil: '0004',
  bluetooth: '0005',
  virtual: '0006',
  isa: '0010',
  i8042: '0011',
  xtkbd: '0012',
  rs232: '0013',
  gameport: '0014',
  parport: '0015',
  amiga: '0016',
  adb: '0017',
  i2c: '0018',
  host: '0019',
  gsc: '001a',
  atari: '001b',
  spi: '001c',
  rmi: '001d',
  cec: '001e',
  intel_ishtp: '001f',
  amd_sfh: '0020',
} as const satisfies Record<string, string>

export type BusName = keyof typeof BUSES

export function isBusName(name: string): name is BusName {
  return Object.hasOwn(BUSES, name)
}
