// The host's hardware database for as long as the daemon runs: replaced by systemd-hwdb update, or corrupt, or not there at all.
import { messageOf } from '../errors.js'
import type { Log } from '../service/log.js'
import type { Hwdb } from './hwdb.js'
import { HWDB_PATHS, openHwdb } from './hwdb.js'

/** How long one that is open is trusted to be the newest, in milliseconds: a device takes a dozen lookups. */
const TRUSTED = 1000
const NOTHING: ReadonlyMap<string, string> = new Map()
/** Keys whose properties are kept: people plug the same few devices again and again. */
const KEPT = 256

export class HostHwdb {
  private hwdb: Hwdb | undefined
  /** What lookups in `hwdb` have found. */
  private readonly found = new Map<string, ReadonlyMap<string, string>>()
  /** On the clock of Date. */
  private lookedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly log: Log,
    private readonly paths: readonly string[] = HWDB_PATHS,
  ) {}

  /** The properties of a modalias; none when there is no database. One that is corrupt is told of once, and then does as none. */
  lookup(modalias: string): ReadonlyMap<string, string> {
    try {
      this.refresh()
      return this.hwdb === undefined ? NOTHING : this.lookupIn(this.hwdb, modalias)
    } catch (error) {
      this.log.warn(
        `${messageOf(error)}; then restart udev-proxy, which uses no hardware database until then`,
        {
          action: 'hwdb',
        },
      )
      this.close()
      this.lookedAt = Number.POSITIVE_INFINITY
      return NOTHING
    }
  }

  close(): void {
    this.hwdb?.close()
    this.hwdb = undefined
    this.found.clear()
  }

  private lookupIn(hwdb: Hwdb, modalias: string): ReadonlyMap<string, string> {
    const known = this.found.get(modalias)
    if (known !== undefined) return known
    const properties = hwdb.lookup(modalias)
    if (this.found.size >= KEPT) this.found.clear()
    this.found.set(modalias, properties)
    return properties
  }

  private refresh(): void {
    const now = Date.now()
    if (now - this.lookedAt < TRUSTED) return
    this.lookedAt = now
    if (this.hwdb?.isStale() === false) return
    this.close()
    this.hwdb = openHwdb(this.paths)
  }
}
