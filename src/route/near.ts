// The container that a name was probably meant for: compose joined names with _, and joins them with - now, and puts its project before them.
import { distance } from 'fastest-levenshtein'

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
