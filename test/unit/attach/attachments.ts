// Attachments for the unit tests, as the builtin rules describe their devices.
import { newApplied } from '../../../src/attach/applied.js'
import type { Applied, Attachment } from '../../../src/attach/plan.js'
import type { Device } from '../../../src/kernel/index.js'
import { addOf } from '../records.js'

export const OWNER = { uid: 0, gid: 0 }

export function attachment(device: Device, given: Partial<Attachment> = {}): Attachment {
  const node = { mode: 0o660, uid: 0, gid: 0 }
  return {
    device,
    route: 'a',
    node,
    links: [],
    legacyJs: false,
    sayer: 'builtin',
    libudevZero: false,
    ...given,
  }
}

export function applied(device: Device, given: Partial<Applied> = {}): Applied {
  return { ...newApplied(attachment(device), 0), event: addOf(device), ...given }
}
