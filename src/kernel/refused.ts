// Tells people of uevents that are not admitted: of each once.
import { shownBytes } from '../bytes.js'
import type { Log } from '../service/log.js'
import type { Refusal } from './admit.js'
import { devpathIn } from './uevent.js'

const REASONS: Readonly<Record<Refusal, string>> = {
  'too long': 'it is longer than any message that libudev can receive',
  'not terminated': 'it does not end where a string ends',
  'no header': 'it does not begin with action@devpath',
  'no key': 'one of its strings is no KEY=value',
  incomplete: 'its ACTION, DEVPATH, SUBSYSTEM or SEQNUM is missing, or is none that the kernel can mean',
  contradictory: 'its header and its properties name different devices, or no place in /sys',
  'wrong number': 'its MAJOR and MINOR are no numbers, or none that this device can have',
  outdated: 'the device has gone, and another has its number by now',
}
/** Beyond these, which no kernel comes to, they are counted alone. */
const MOST = 64
const LONGEST_DEVPATH = 512

export class RefusedUevents {
  private readonly told = new Set<string>()

  constructor(private readonly log: Log) {}

  tell(refusal: Refusal, datagram: Buffer): void {
    const devpath = devpathIn(datagram)?.slice(0, LONGEST_DEVPATH)
    const what = devpath === undefined ? 'a uevent without a devpath' : `a uevent of ${shownBytes(devpath)}`
    const line = `${what} is ignored: ${REASONS[refusal]}`
    // It happens where devices come and go quickly, and nothing is wrong with it.
    if (refusal === 'outdated') this.log.debug(line, { action: 'ignore' })
    else if (this.told.size < MOST && !this.told.has(line)) {
      this.told.add(line)
      this.log.warn(line, { action: 'ignore' })
    }
  }
}
