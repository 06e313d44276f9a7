// Where a unit goes, in words.
import type { Destination } from '../attach/destination.js'

/** For instance `player-one (retroarch-1, not running)`: the route and its container. */
export function destinationText(destination: Destination): string {
  switch (destination.kind) {
    case 'undecided':
      return 'not decided yet'
    case 'none': {
      const { withheld, below } = destination
      if (withheld === undefined) return 'no route'
      return below === undefined
        ? `no route (a keyboard, which ${withheld} does not name)`
        : `no route (${below}, and ${withheld} names no keyboard)`
    }
    case 'route': {
      const { route, container, selector, state } = destination
      const remark = { served: '', unknown: '', absent: ', not running', refused: ', refused' }[state]
      return `${route} (${container ?? selector}${remark})`
    }
  }
}
