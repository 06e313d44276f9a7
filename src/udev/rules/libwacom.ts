// 65-libwacom.rules, which libwacom brings: what its part of the hardware database knows of graphics tablets by name and ids.
import { importByModalias } from './modalias.js'
import type { RuleEvent } from './rule-event.js'

/** Parts of a tablet that are none themselves. */
const OTHERS = /^(?:.* Consumer Control|.* System Control|.* Keyboard)$/s

export function libwacom(event: RuleEvent): void {
  const { self } = event
  if (!/^event\d/.test(self.sysname)) return
  const isOther = self.nearest((above) =>
    OTHERS.test((above.attribute('name') ?? '').replace(/[ \t\n\r]+$/, '')),
  )
  if (isOther !== undefined) return
  const input = self.nearest(({ sysname }) => sysname.startsWith('input'))
  const name = input && event.attribute('name', input)
  if (name === undefined) return
  importByModalias(event, { subsystem: 'input', prefix: `libwacom:name:${name}:` })
  // The hardware database can't take a property away: a 0 of its means that.
  if (event.env('ID_INPUT_JOYSTICK') === '0') event.unset('ID_INPUT_JOYSTICK')
}
