// How other programs write a value, as an entry of this config.

import { DEVICE_CLASSES } from './device-class.js'
import { compileGlob } from './glob.js'

/** The entry that `value` was meant to be in that field; undefined when it is no other program's way. */
export function entryOfHabit(field: string, value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  if (field === 'match properties' && Array.isArray(value)) return propertiesOf(value)
  return text === undefined ? undefined : BY_FIELD[field]?.(text)
}

const BY_FIELD: Readonly<Record<string, (text: string) => string | undefined>> = {
  docker: (text) => {
    const path = /^(?:unix:\/\/)?(\/.+)$/.exec(text)?.[1]
    return path === undefined ? undefined : `docker: { socket: ${path} }`
  },
  socket: (text) =>
    /^(?:tcp|https?|ssh|npipe):/.test(text)
      ? 'only a socket of this host is asked: socket: /run/docker.sock'
      : undefined,
  log: (text) => (/^(?:error|warn|info|debug)$/.test(text) ? `log: { level: ${text} }` : undefined),
  hostTimeout: (text) => {
    const [, number, unit] = /^(\d{1,5}) ?(ms|s)?$/.exec(text) ?? []
    const milliseconds = Number(number) * (unit === 's' ? 1000 : 1)
    return milliseconds >= 1 && milliseconds <= 60_000 ? `hostTimeout: ${milliseconds}` : undefined
  },
  udevVersion: (text) =>
    /^(?:252|257)$/.test(text) ? `leave out the quotes: udevVersion: ${text}` : undefined,
  libudevZero: (text) => yesOrNo('libudevZero', text),
  legacyJs: (text) => yesOrNo('legacyJs', text),
  class: (text) => {
    const meant = /[*?[{]/.test(text) ? DEVICE_CLASSES.filter(matching(text)) : []
    return meant.length === 0 ? undefined : `a class is no glob: class: ${listOf(meant)}`
  },
  vendor: (text) =>
    /^[A-Za-z][\w .,-]{2,}$/.test(text) && !/^[\da-f]+$/i.test(text)
      ? `an id is four hex digits, as lsusb shows it; by name: name: ${JSON.stringify(`*${text}*`)}`
      : undefined,
  container: containerOf,
  compose: (text) => {
    const [, project, service] = /^([\w.-]+)[/:]([\w.-]+)$/.exec(text) ?? []
    return service === undefined ? undefined : `compose: { project: ${project ?? ''}, service: ${service} }`
  },
  node: (text) => {
    const bits = /^0?([0-7]{3})$/.exec(text)?.[1]
    return bits === undefined ? undefined : `node: { mode: "0${bits}" }`
  },
  mode: (text) => {
    const letters = /^[bc-]?((?:[r-][w-][x-]){3})$/.exec(text)?.[1]
    const bits = letters?.replaceAll(/[^-]/g, '1').replaceAll('-', '0')
    return bits === undefined
      ? undefined
      : `mode: "0${Number.parseInt(bits, 2).toString(8).padStart(3, '0')}"`
  },
  links: (text) => {
    const path = /^\/dev\/(.+)$/.exec(text)?.[1]
    return path === undefined || /^(?:input\/(?:event|js|mouse)\d+|hidraw\d+)$/.test(path)
      ? undefined
      : `links: [${JSON.stringify(path)}]`
  },
}

function yesOrNo(key: string, text: string): string | undefined {
  if (/^(?:yes|on|true|1|y)$/i.test(text)) return `${key}: true`
  return /^(?:no|off|false|0|n)$/i.test(text) ? `${key}: false` : undefined
}

function matching(glob: string): (text: string) => boolean {
  try {
    return compileGlob(glob)
  } catch {
    return () => false
  }
}

function containerOf(text: string): string | undefined {
  if (text.startsWith('$')) return 'variables are not filled in here: write the name itself'
  if (/^[\w.-]+(?:[\w./-]*\/[\w.-]+)?:[\w.-]+$|^[\w.-]+\/[\w./-]+$/.test(text))
    return 'a container is found by its name, and not by its image, for instance: container: retroarch-1'
  const names = text.split(/ *[,;|] */).filter((name) => name !== '')
  return names.length > 1 && names.every((name) => /^[\w.*-]+$/.test(name))
    ? `if several are meant: container: ${listOf(names)}`
    : undefined
}

function listOf(texts: readonly string[]): string {
  return texts.length === 1
    ? (texts[0] ?? '')
    : `[${texts.map((text) => (/^[\w.-]+$/.test(text) ? text : JSON.stringify(text))).join(', ')}]`
}

function propertiesOf(list: readonly unknown[]): string | undefined {
  const pairs = list.map((one) => (typeof one === 'string' ? /^([A-Z][A-Z0-9_]*)=(.+)$/s.exec(one) : null))
  const entries = pairs.flatMap((pair) =>
    pair === null ? [] : [`${pair[1] ?? ''}: ${JSON.stringify(pair[2])}`],
  )
  return entries.length === 0 || entries.length < list.length
    ? undefined
    : `properties: { ${entries.join(', ')} }`
}
