// What to say of a container that a route wants and that does not run.
import type { Selector } from '../config/index.js'
import type { Container } from '../container/engine.js'
import { nearChoice, nearName } from '../route/near.js'
import { compileSelector, literalNames, selectorText } from '../route/select.js'
import type { World } from './world.js'

/** For instance `there is no container Retroarch-1; did you mean retroarch-1?`; undefined while one is there that the selector means. */
export function missingContainer(
  { containers, routes }: Pick<World, 'containers' | 'routes'>,
  selector: Selector,
): string | undefined {
  return missingAmong(
    [...containers.values()],
    selector,
    routes.flatMap(({ route }) => literalNames(route.container)),
  )
}

/**
 * The same for containers of which only names and labels are known: a selector that has an id or a glob is not judged, and one that is found by labels only when a
 * near one exists. One of the `named`, which routes spell out, was not meant by another name.
 */
export function missingAmong(
  existing: readonly Pick<Container, 'name' | 'labels'>[],
  selector: Selector,
  named: readonly string[],
): string | undefined {
  const choices = selector.kind === 'first' ? selector.of : [selector]
  const names = literalNames(selector)
  const byLabels = choices.filter(({ kind }) => kind === 'compose' || kind === 'label')
  if (names.length + byLabels.length < choices.length) return undefined
  const means = compileSelector(selector)
  if (existing.some((container) => means({ id: '', ...container }))) return undefined
  const others = existing.map(({ name }) => name).filter((name) => !named.includes(name))
  const near =
    names.map((name) => nearName(name, others)).find((name) => name !== undefined) ??
    byLabels.map((choice) => nearChoice(choice, existing)).find((choice) => choice !== undefined)
  if (near === undefined && byLabels.length > 0) return undefined
  return `there is no container ${selectorText(selector)}${near === undefined ? '' : `; did you mean ${near}?`}`
}
