// What to say of a container that a route wants and that does not run.
import type { Selector } from '../config/index.js'
import { nearName } from '../route/near.js'
import { literalNames, selectorText } from '../route/select.js'
import type { World } from './world.js'

/** For instance `there is no container Retroarch-1; did you mean retroarch-1?`; undefined while one is there that the selector means. */
export function missingContainer(
  { containers }: Pick<World, 'containers'>,
  selector: Selector,
): string | undefined {
  return missingAmong(
    [...containers.values()].map(({ name }) => name),
    selector,
  )
}

/** The same for containers of which only the names are known: a selector that has more than names is not judged. */
export function missingAmong(existing: readonly string[], selector: Selector): string | undefined {
  const choices = selector.kind === 'first' ? selector.of : [selector]
  const names = literalNames(selector)
  if (names.length < choices.length || names.some((name) => existing.includes(name))) return undefined
  const near = names.map((name) => nearName(name, existing)).find((name) => name !== undefined)
  return `there is no container ${selectorText(selector)}${near === undefined ? '' : `; did you mean ${near}?`}`
}
