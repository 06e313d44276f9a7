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
    routes.map(({ route }) => route.container),
  )
}

/**
 * The same for containers of which only names and labels are known: a selector that has an id or a glob is not judged, and one that is found by labels only when a
 * near one exists. What one of the `routed` selectors means, or spells out, was not meant by another.
 */
export function missingAmong(
  existing: readonly Pick<Container, 'name' | 'labels'>[],
  selector: Selector,
  routed: readonly Selector[],
): string | undefined {
  const choices = choicesOf(selector)
  const names = literalNames(selector)
  const byLabels = choices.filter(isByLabels)
  if (names.length + byLabels.length < choices.length) return undefined
  const means = compileSelector(selector)
  if (existing.some((container) => means({ id: '', ...container }))) return undefined
  const others = unrouted(existing, routed)
  const otherNames = others.map(({ name }) => name)
  const near =
    names.map((name) => nearName(name, otherNames)).find((name) => name !== undefined) ??
    byLabels.map((choice) => nearChoice(choice, others)).find((choice) => choice !== undefined)
  if (near === undefined && byLabels.length > 0) return undefined
  return `there is no container ${selectorText(selector)}${near === undefined ? '' : `; did you mean ${near}?`}`
}

function unrouted<C extends Pick<Container, 'name' | 'labels'>>(
  existing: readonly C[],
  routed: readonly Selector[],
): C[] {
  const names = routed.flatMap((selector) => literalNames(selector))
  const means = routed.flatMap(choicesOf).filter(isByLabels).map(compileSelector)
  return existing.filter(
    (one) => !names.includes(one.name) && !means.some((isMeant) => isMeant({ id: '', ...one })),
  )
}

function choicesOf(selector: Selector): readonly Selector[] {
  return selector.kind === 'first' ? selector.of : [selector]
}

function isByLabels({ kind }: Selector): boolean {
  return kind === 'compose' || kind === 'label'
}
