// What kind of input device it is, by its capabilities: udev's input_id builtin (src/udev/udev-builtin-input_id.c of systemd 252 and 257).
import type { Bitmap } from '../kernel/bitmap.js'
import { countBits, hasBit } from '../kernel/bitmap.js'
import type { Device } from '../kernel/device.js'
import type { Capabilities } from '../kernel/facts.js'
import type { UdevVersion } from './version.js'

/** Suffixes of the ID_INPUT_* properties that input_id can set. */
export type InputId =
  | 'ACCELEROMETER'
  | 'JOYSTICK'
  | 'KEY'
  | 'KEYBOARD'
  | 'MOUSE'
  | 'POINTINGSTICK'
  | 'SWITCH'
  | 'TABLET'
  | 'TABLET_PAD'
  | 'TOUCHPAD'
  | 'TOUCHSCREEN'

// linux/input-event-codes.h
const EV = { KEY: 0x01, REL: 0x02, SW: 0x05 }
const REL = { X: 0x00, Y: 0x01, HWHEEL: 0x06, WHEEL: 0x08 }
const ABS = { X: 0x00, Y: 0x01, Z: 0x02, RX: 0x03, HAT3Y: 0x17, MT_SLOT: 0x2f, MT_X: 0x35, MT_Y: 0x36 }
const PROP = { DIRECT: 0x01, POINTING_STICK: 0x05, ACCELEROMETER: 0x06 }
const BTN = {
  MISC: 0x100,
  MOUSE: 0x110,
  JOYSTICK: 0x120,
  TOOL_PEN: 0x140,
  TOOL_FINGER: 0x145,
  TOUCH: 0x14a,
  STYLUS: 0x14b,
  DPAD_UP: 0x220,
  DPAD_RIGHT: 0x223,
  TRIGGER_HAPPY1: 0x2c0,
  TRIGGER_HAPPY40: 0x2e7,
}
const KEY_OK = 0x160
const KEY_ALS_TOGGLE = 0x230
const BUS_I2C = '0018'
/** A keyboard that also has joystick axes is no joystick: any four of these keys tell. */
const WELL_KNOWN_KEYBOARD_KEYS = [29, 58, 69, 110, 113, 140, 144, 155, 164, 224]

/** What input_id has found, by capabilities: an inputN shares them with its nodes. */
const known: Readonly<Record<UdevVersion, WeakMap<Capabilities, ReadonlySet<InputId>>>> = {
  252: new WeakMap(),
  257: new WeakMap(),
}

/** What input_id finds in a device of subsystem input; undefined where it has no capabilities to read. */
export function inputIds(
  { facts: { capabilities, bus } }: Device,
  version: UdevVersion = 252,
): ReadonlySet<InputId> | undefined {
  if (capabilities === undefined) return undefined
  const ids = known[version].get(capabilities) ?? inputId(capabilities, bus, version)
  known[version].set(capabilities, ids)
  return ids
}

/**
 * What input_id finds, in the order of its properties; the empty set is a device that only gets ID_INPUT=1. `bus` is the four-digit bus id.
 */
export function inputId(
  capabilities: Capabilities,
  bus: string | undefined,
  version: UdevVersion = 252,
): ReadonlySet<InputId> {
  const found = new Set<InputId>()
  const pointer = testPointers(capabilities, bus, version, found)
  const key = testKeys(capabilities, found)
  // A lone wheel or knob is a key device, or nothing would claim it.
  if (
    !pointer &&
    !key &&
    hasBit(capabilities.ev, EV.REL) &&
    hasAny(capabilities.rel, [REL.HWHEEL, REL.WHEEL])
  ) {
    found.add('KEY')
  }
  if (hasBit(capabilities.ev, EV.SW)) found.add('SWITCH')
  return found
}

/** test_pointers(): returns whether anything was found. */
function testPointers(
  capabilities: Capabilities,
  bus: string | undefined,
  version: UdevVersion,
  found: Set<InputId>,
): boolean {
  const { ev, key, rel, abs, prop } = capabilities
  const hasKeys = hasBit(ev, EV.KEY)
  const hasAbsXY = hasBit(abs, ABS.X) && hasBit(abs, ABS.Y)
  if (hasBit(prop, PROP.ACCELEROMETER) || (!hasKeys && hasAbsXY && hasBit(abs, ABS.Z))) {
    found.add('ACCELEROMETER')
    return true
  }

  const isPointingStick = hasBit(prop, PROP.POINTING_STICK)
  const hasStylus = hasBit(key, BTN.STYLUS)
  const hasPen = hasBit(key, BTN.TOOL_PEN)
  const fingerButNoPen = hasBit(key, BTN.TOOL_FINGER) && !hasPen
  const hasMouseButton = countBits(key, BTN.MOUSE, BTN.JOYSTICK) > 0
  const hasRelXY = hasBit(ev, EV.REL) && hasBit(rel, REL.X) && hasBit(rel, REL.Y)
  // A device that claims every axis there is has no multitouch: no real one has the unused bit below ABS_MT_SLOT.
  const hasMT =
    hasBit(abs, ABS.MT_X) &&
    hasBit(abs, ABS.MT_Y) &&
    !(hasBit(abs, ABS.MT_SLOT) && hasBit(abs, ABS.MT_SLOT - 1))
  const isDirect = hasBit(prop, PROP.DIRECT)
  const hasTouch = hasBit(key, BTN.TOUCH)
  const hasPadButtons =
    hasBit(key, BTN.MISC) && (version >= 257 ? hasBit(key, BTN.MISC + 1) : hasStylus) && !hasPen
  // From 254 on, a tablet's pad may be a device of its own, without any coordinates.
  const hasPadWheel =
    version >= 257 && hasPadButtons && hasBit(ev, EV.REL) && hasAny(rel, [REL.HWHEEL, REL.WHEEL])

  // The mouse buttons end where the joystick's begin: a mouse with more than 16 runs into them, and is skipped.
  const joystickButtons = hasBit(key, BTN.JOYSTICK - 1)
    ? 0
    : countBits(key, BTN.JOYSTICK, BTN.TOOL_PEN) +
      countBits(key, BTN.TRIGGER_HAPPY1, BTN.TRIGGER_HAPPY40 + 1) +
      countBits(key, BTN.DPAD_UP, BTN.DPAD_RIGHT + 1)
  const joystickAxes = countBits(abs, ABS.RX, ABS.HAT3Y + 1)
  const anyJoystick = joystickButtons + joystickAxes > 0

  let isTablet = false
  let isTouchpad = false
  let isTouchscreen = false
  let isAbsoluteMouse = false
  let isJoystick = false
  if (hasAbsXY) {
    if (hasStylus || hasPen) isTablet = true
    else if (fingerButNoPen && !isDirect) isTouchpad = true
    else if (hasMouseButton) isAbsoluteMouse = true
    else if (hasTouch || isDirect) isTouchscreen = true
    else if (anyJoystick) isJoystick = true
  } else if (anyJoystick) {
    isJoystick = true
  }
  if (hasMT) {
    if (hasStylus || hasPen) isTablet = true
    else if (fingerButNoPen && !isDirect) isTouchpad = true
    else if (hasTouch || isDirect) isTouchscreen = true
  }
  let isTabletPad = isTablet && hasPadButtons
  if (hasPadWheel && !hasRelXY) {
    isTablet = true
    isTabletPad = true
  }
  const isMouse = !isTablet && !isTouchpad && !isJoystick && hasMouseButton && (hasRelXY || !hasAbsXY)
  if (isJoystick) {
    const keyboardKeys = hasKeys ? WELL_KNOWN_KEYBOARD_KEYS.filter((code) => hasBit(key, code)).length : 0
    if (keyboardKeys >= 4 || joystickButtons + joystickAxes < 2 || hasPadWheel) isJoystick = false
  }

  if (isPointingStick || (isMouse && bus === BUS_I2C)) found.add('POINTINGSTICK')
  if (isMouse || isAbsoluteMouse) found.add('MOUSE')
  if (isTouchpad) found.add('TOUCHPAD')
  if (isTouchscreen) found.add('TOUCHSCREEN')
  if (isJoystick) found.add('JOYSTICK')
  if (isTablet) found.add('TABLET')
  if (isTabletPad) found.add('TABLET_PAD')
  return found.size > 0
}

/** test_key(): returns whether anything was found. */
function testKeys({ ev, key }: Capabilities, found: Set<InputId>): boolean {
  if (!hasBit(ev, EV.KEY)) return false
  const any =
    countBits(key, 0, BTN.MISC) +
    countBits(key, KEY_OK, BTN.DPAD_UP) +
    countBits(key, KEY_ALS_TOGGLE, BTN.TRIGGER_HAPPY1)
  if (any > 0) found.add('KEY')
  // ESC, the digits, and most of Q to D: codes 1 to 31, all of them.
  const isKeyboard = countBits(key, 1, 32) === 31
  if (isKeyboard) found.add('KEYBOARD')
  return any > 0 || isKeyboard
}

function hasAny(bitmap: Bitmap, bits: readonly number[]): boolean {
  return bits.some((bit) => hasBit(bitmap, bit))
}
