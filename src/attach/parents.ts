// Records of the USB devices that units of a stage are parts of: there for as long as one of these is. They have no node inside, and nobody is told of them.
import type { StoredRecord } from '../udev/record.js'
import type { Ignored } from './ignored.js'
import type { Applied } from './plan.js'
import type { StageRecords } from './records.js'

interface Claimed {
  /** As it was written last, under all tags that it was ever written under. */
  record: StoredRecord
  by: Set<Applied>
}

export class StageParents {
  private readonly claims = new Map<string, Claimed>()
  private readonly claimants = new Map<Applied, Set<string>>()

  constructor(private readonly records: StageRecords) {}

  /** Records that are claimed. */
  get size(): number {
    return this.claims.size
  }

  /** Writes the records of what is above `applied` where they are missing, or say something else. Returns what can't be written. */
  claim(applied: Applied): Ignored[] {
    const { parents = [] } = applied
    const ignored: Ignored[] = []
    for (const id of this.claimants.get(applied) ?? [])
      if (!parents.some((record) => record.id === id)) this.release(applied, id)
    for (const record of parents) {
      const claimed = this.take(applied, record)
      if (isSame(claimed.record, record)) continue
      const { id } = record
      const tags = [...new Set([...claimed.record.tags, ...record.tags])]
      // Some of it may be there when the rest fails.
      claimed.record = { id, tags }
      ignored.push(...this.records.store(record))
      this.records.untag({ id, tags: tags.filter((tag) => !record.tags.includes(tag)) })
      claimed.record = record
    }
    return ignored
  }

  /** Removes the records that nobody else claims. */
  drop(applied: Applied): void {
    for (const id of this.claimants.get(applied) ?? []) this.release(applied, id)
  }

  /** Takes up what a daemon before this one has written. */
  restore(applied: Applied): void {
    for (const { id, tags } of applied.parents ?? []) {
      const claimed = this.take(applied, { id, tags })
      const text = this.records.read(claimed.record)
      if (text !== undefined) claimed.record = { id, tags, text }
    }
  }

  /** Whether the records of what is above `applied` say this. */
  has(records: readonly StoredRecord[]): boolean {
    return records.every((record) => {
      const claimed = this.claims.get(record.id)
      return claimed !== undefined && isSame(claimed.record, record)
    })
  }

  private take(applied: Applied, { id, tags }: StoredRecord): Claimed {
    const claimed = this.claims.get(id) ?? { record: { id, tags }, by: new Set() }
    this.claims.set(id, claimed)
    claimed.by.add(applied)
    this.claimants.set(applied, (this.claimants.get(applied) ?? new Set()).add(id))
    return claimed
  }

  private release(applied: Applied, id: string): void {
    const claimed = this.claims.get(id)
    // It is claimed until it is gone: what fails is done again.
    if (claimed?.by.size === 1) {
      this.records.drop(claimed.record)
      this.claims.delete(id)
    }
    claimed?.by.delete(applied)
    const ids = this.claimants.get(applied)
    ids?.delete(id)
    if (ids?.size === 0) this.claimants.delete(applied)
  }
}

/** When a device was seen first is the host udevd's word, or else that of whichever unit came first. */
function isSame(a: StoredRecord, b: StoredRecord): boolean {
  return a.text !== undefined && withoutTime(a.text) === withoutTime(b.text)
}

function withoutTime(text: string | undefined): string | undefined {
  return text?.replace(/^I:\d+\n/m, '')
}
