// Which containers a selector means.
import type { Selector } from '../config/index.js'
import { compileGlob, isLiteral } from '../config/index.js'
import type { Container } from '../container/engine.js'

/** Compose's labels on the containers it makes. */
export const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  /** `True` on what `docker compose run` starts beside the service. */
  oneOff: 'com.docker.compose.oneoff',
}

/** What a selector looks at. */
type Identity = Pick<Container, 'id' | 'name' | 'labels'>

/** The predicate for the containers that `selector` means. */
export function compileSelector(selector: Selector): (container: Identity) => boolean {
  switch (selector.kind) {
    case 'name': {
      const matches = compileGlob(selector.name)
      return ({ name }) => matches(name)
    }
    case 'id':
      return ({ id }) => id.startsWith(selector.id)
    case 'label': {
      const wanted = Object.entries(selector.labels)
      return ({ labels }) => wanted.every(([label, value]) => labels[label] === value)
    }
    case 'compose':
      return ({ labels }) =>
        labels[COMPOSE.service] === selector.service &&
        labels[COMPOSE.oneOff] !== 'True' &&
        (labels[COMPOSE.number] ?? '1') === String(selector.number ?? 1) &&
        (selector.project === undefined || labels[COMPOSE.project] === selector.project)
    case 'first': {
      const choices = compileChoices(selector)
      return (container) => choices.some((means) => means(container))
    }
  }
}

/** A predicate for each choice of a selector: the earlier ones are preferred. */
export function compileChoices(selector: Selector): ((container: Identity) => boolean)[] {
  return selector.kind === 'first' ? selector.of.map(compileSelector) : [compileSelector(selector)]
}

/** The container names that a selector spells out, in its order. */
export function literalNames(selector: Selector): string[] {
  const choices = selector.kind === 'first' ? selector.of : [selector]
  return choices.flatMap((choice) => literalName(choice) ?? [])
}

/** The labels that these selectors look at. */
export function labelsRead(selectors: readonly Selector[]): ReadonlySet<string> {
  const choices = selectors.flatMap((selector) => (selector.kind === 'first' ? selector.of : [selector]))
  return new Set(
    choices.flatMap((selector) => {
      if (selector.kind === 'label') return Object.keys(selector.labels)
      return selector.kind === 'compose' ? Object.values(COMPOSE) : []
    }),
  )
}

/** The one container name a selector can mean, if it is written out: its stage can exist before the container does. */
export function literalName(selector: Selector): string | undefined {
  return selector.kind === 'name' && isLiteral(selector.name) ? selector.name : undefined
}

/** A selector in the words of the config, for messages. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'name':
      return selector.name
    case 'id':
      return `id ${selector.id}`
    case 'label':
      return Object.entries(selector.labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(',')
    case 'compose':
      return `compose ${selector.project === undefined ? '' : `${selector.project}/`}${selector.service}${selector.number === undefined ? '' : ` ${selector.number}`}`
    case 'first':
      return selector.of.map(selectorText).join(' or ')
  }
}
