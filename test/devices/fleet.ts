// All devices of the repo's own that /dev/uinput makes.
import type { UinputSpec } from '../../src/demo/lab.js'
import { COCKPIT } from './cockpit.js'
import { EDGES } from './edges.js'
import { GAMEPADS } from './gamepads.js'
import { KEYBOARDS } from './keyboards.js'
import { POINTERS } from './pointers.js'

export const FLEET: readonly UinputSpec[] = [...GAMEPADS, ...COCKPIT, ...KEYBOARDS, ...POINTERS, ...EDGES]
