// What to say of a container that a route wants and that does not run.
import type { Selector } from '../config/index.js'
import { nearName } from '../route/near.js'
import { literalNames, selectorText } from '../route/select.js'
import type { World } from './world.js'

/** For instance `there is no container Retroarch-1; did you mean retroarch-1?`; undefined while one is there that the selector means. */
export function missingContainer(
  { containers, routes }: Pick<World, 'containers' | 'routes'>,
  selector: Selector,
): string | undefined {
  return missingAmong(
    [...containers.values()].map(({ name }) => name),
    selector,
    routes.flatMap(({ route }) => literalNames(route.container)),
  )
}

/**
 * The same for containers of which only the names are known: a selector that has more than names is not judged. One of the `named`, which routes spell out, was
 * not meant by another name.
 */
export function missingAmong(
  existing: readonly string[],
  selector: Selector,
  named: readonly string[],
): string | undefined {
  const choices = selector.kind === 'first' ? selector.of : [selector]
  const names = literalNames(selector)
  if (names.length < choices.length || names.some((name) => existing.includes(name))) return undefined
  const others = existing.filter((name) => !named.includes(name))
  const near = names.map((name) => nearName(name, others)).find((name) => name !== undefined)
  return `there is no container ${selectorText(selector)}${near === undefined ? '' : `; did you mean ${near}?`}`
}
