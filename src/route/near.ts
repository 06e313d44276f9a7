// The container that a name was probably meant for: compose joined names with _, and joins them with - now, and puts its project before them.
import { distance } from 'fastest-levenshtein'
import type { Selector } from '../config/index.js'
import type { Container } from '../container/engine.js'
import { COMPOSE, selectorText } from './select.js'

/** The one of `names` that `wanted` is nearly the name of; undefined when there is none. */
export function nearName(wanted: string, names: readonly string[]): string | undefined {
  const plain = plainOf(wanted)
  const others = names.filter((name) => name !== wanted)
  return (
    others.find((name) => plainOf(name) === plain) ??
    others.find((name) => isLonger(plainOf(name), plain) || isLonger(plain, plainOf(name))) ??
    others.find(
      (name) => distance(plainOf(name), plain) <= (plain.length < 5 ? 1 : 2) && !isSibling(name, wanted),
    )
  )
}

/** What `choice`, which no container has the labels of, was probably meant to be, by the labels that there are; in the words of the config. */
export function nearChoice(
  choice: Selector,
  containers: readonly Pick<Container, 'labels'>[],
): string | undefined {
  if (choice.kind === 'label') return nearLabels(choice, containers)
  if (choice.kind !== 'compose') return undefined
  const known = containers.flatMap(({ labels }) => {
    const { [COMPOSE.service]: service, [COMPOSE.project]: project, [COMPOSE.number]: number } = labels
    if (service === undefined || project === undefined || labels[COMPOSE.oneOff] === 'True') return []
    return [{ service, project, number: Number(number ?? 1) }]
  })
  const here = known.filter(({ project }) => choice.project === undefined || project === choice.project)
  const same = known.filter(({ service }) => service === choice.service)
  const service = here.some((one) => one.service === choice.service)
    ? undefined
    : nearName(
        choice.service,
        here.map((one) => one.service),
      )
  if (service !== undefined) return selectorText({ ...choice, service })
  const project = nearName(
    choice.project ?? '',
    same.map((one) => one.project),
  )
  if (project !== undefined && choice.project !== undefined && here.length === 0)
    return selectorText({ ...choice, project })
  const number = here.find((one) => one.service === choice.service)?.number
  return number === undefined ? undefined : selectorText({ ...choice, number })
}

/** Another value that a label has. */
function nearLabels(
  choice: Selector & { kind: 'label' },
  containers: readonly Pick<Container, 'labels'>[],
): string | undefined {
  for (const [label, wanted] of Object.entries(choice.labels)) {
    const values = containers.flatMap(({ labels }) => labels[label] ?? [])
    const near = values.includes(wanted) ? undefined : nearName(wanted, values)
    if (near !== undefined)
      return selectorText({ kind: 'label', labels: { ...choice.labels, [label]: near } })
  }
  return undefined
}

/** Whether `long` is `short` with compose's project before it, or its number behind it, or both. */
function isLonger(long: string, short: string): boolean {
  return long === `${short}-1` || long.endsWith(`-${short}`) || long.endsWith(`-${short}-1`)
}

/** player-1 is not meant by player-2, nor seat-b by seat-a. */
function isSibling(a: string, b: string): boolean {
  if (a.replaceAll(/\D/g, '') !== b.replaceAll(/\D/g, '')) return true
  const [ours, theirs] = [plainOf(a).split('-'), plainOf(b).split('-')]
  const differing = ours.filter((part, index) => part !== theirs[index])
  return ours.length === theirs.length && differing.every((part) => part.length === 1)
}

function plainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[_.]/g, '-')
}
