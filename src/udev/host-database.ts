// What the host's udevd keeps of a device, read from its database.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBytes } from '../bytes.js'
import { isSystemError } from '../errors.js'
import type { Device } from '../kernel/device.js'
import { forContainer, recordFromDatabase } from './host-record.js'
import type { UdevRecord } from './record.js'
import { recordId } from './record.js'

/** The record, made fit for a container unless `fit` says otherwise; undefined when there is none, or udevd has not finished it. */
export function readRecord(device: Device, run = '/run/udev', fit = forContainer): UdevRecord | undefined {
  try {
    return recordFromDatabase(device, decodeBytes(readFileSync(join(run, 'data', recordId(device)))), fit)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
