// What happens to devices, as it happens: the log's lines and the demo's timeline are made from it.
import type { Device, Uevent } from '../kernel/index.js'
import type { RouteMatch } from '../route/match.js'
import type { StepName } from './step-name.js'

/** Times are microseconds of CLOCK_MONOTONIC. */
export type Trace =
  | { kind: 'uevent'; at: number; uevent: Uevent }
  /** A unit has found its owner. */
  | { kind: 'routed'; at: number; unit: string; match: RouteMatch; stage: string }
  /** A step has been done; it was begun at `at`. */
  | {
      kind: 'step'
      at: number
      stage: string
      device: Device
      step: StepName | 'update'
      direction: 'apply' | 'revert'
    }
  /** A unit is on a stage as it should be; `devices` is empty when it has been detached. */
  | {
      kind: 'settled'
      at: number
      stage: string
      unit: string
      route: string
      devices: Device[]
      live: boolean
    }
