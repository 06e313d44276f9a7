// What a config says that is no mistake, and probably not what was meant.

import type { Scalar } from 'yaml'
import { isScalar } from 'yaml'
import type { ConfigMistake } from '../errors.js'
import type { Path, Source } from './document.js'
import { mistakeAt, offsetOf } from './document.js'
import type { Reading } from './read.js'
import { isLiteral } from './glob.js'
import { meantByPath } from './place.js'
import { ODD_SPACES, QUOTED, unicode } from './odd-character.js'
import { GLOB_SIGNS, regexDoubt } from './regex.js'
import { globOfRegex } from './regex-glob.js'

/** Keys of a match whose values are texts of the device: what is lost of one makes another glob. */
const DEVICE_TEXTS = ['name', 'uniq', 'phys', 'devpath', 'properties', 'tag', 'driver']

/** A space and a # in a text without quotes; a comment has a space after its #, as a rule. */
const COMMENT = /^[ \t]+#[^\s#!][^\r\n]*/
/** At the end of a line, or before what follows in brackets, where one space before the bracket is the custom. */
const SPACES = /^[ \t]+(?=\r?\n|$|,)|^[ \t]{2,}(?=[\]}])/
const SET = /(?<!\\)\[([^\]]+)\]/g

/** Warnings about the matches of a config that has no mistakes. */
export function doubtfulTexts(source: Source, reading: Reading): ConfigMistake[] {
  return [...reading.places.values()].flatMap(({ path, value }) => {
    if (!isScalar(value) || typeof value.value !== 'string') return []
    const odd = oddCharacters(source, path, value, value.value)
    if (path.at(-1) === 'container' && ID.test(value.value))
      odd.push(idAsName(source, path, value, value.value))
    if (!isDeviceText(path) || odd.length > 0) return odd
    return [
      ...(value.type === 'PLAIN' ? lostWithoutQuotes(source, path, value, value.value) : []),
      ...wordInBrackets(source, path, value, value.value),
      ...wholeDevpath(source, path, value, value.value),
      ...regexPart(source, path, value, value.value),
    ]
  })
}

/** As `docker ps` prints it, or as `docker inspect` does. */
const ID = /^(?=.*\d)(?=.*[a-f])(?:[0-9a-f]{12}|[0-9a-f]{64})$/

function idAsName(source: Source, path: Path, node: Scalar, id: string): ConfigMistake {
  return mistakeAt(source, offsetOf(node), {
    path,
    message: `container: ${id} is looked for among the names, and looks like an id`,
    hint: `if it is one: container: { id: "${id}" }`,
  })
}

/** What a word processor or a web page makes of quotes and spaces; as an escape (`\\xa0`) it is meant. */
function oddCharacters(source: Source, path: Path, node: Scalar, text: string): ConfigMistake[] {
  const quoted = QUOTED.exec(text)?.[1]
  if (quoted !== undefined && quoted !== '') {
    return [
      mistakeAt(source, offsetOf(node), {
        path,
        message: `${labelOf(path)}: ${text.charAt(0)} is no quote for YAML, and a part of the text`,
        hint: `in plain quotes: ${entry(path, quoted)}`,
      }),
    ]
  }
  const written = source.text.slice(...(node.range?.slice(0, 2) ?? [0, 0]))
  const odd = ODD_SPACES.exec(written)
  if (odd === null) return []
  const plain = text.replaceAll(new RegExp(ODD_SPACES.source, 'g'), ' ')
  return [
    mistakeAt(source, offsetOf(node) + odd.index, {
      path,
      message: `${labelOf(path)}: here is ${unicode(odd[0])}`,
      hint: `with plain spaces: ${entry(path, plain)}; or as an escape, if the device has it: "\\u${odd[0].charCodeAt(0).toString(16).padStart(4, '0')}"`,
    }),
  ]
}

function lostWithoutQuotes(source: Source, path: Path, node: Scalar, text: string): ConfigMistake[] {
  const end = node.range?.[1] ?? offsetOf(node)
  const rest = source.text.slice(end)
  const label = labelOf(path)
  const comment = COMMENT.exec(rest)?.[0]
  if (comment !== undefined) {
    const hash = comment.trim()
    return [
      mistakeAt(source, end + comment.indexOf('#'), {
        path,
        message: `${label}: ends before "${hash}", which is a comment outside quotes`,
        hint: `quote it: ${entry(path, `${text}${comment.trimEnd()}`)}; or put a space after the #, if it is a comment`,
      }),
    ]
  }
  const spaces = SPACES.exec(rest)?.[0]
  if (spaces === undefined) return []
  return [
    mistakeAt(source, end, {
      path,
      message: `${label}: YAML leaves out the space at its end, which many a device's name has`,
      hint: `quote it: ${entry(path, `${text}${spaces}`)}; or take the space away, if the device has none`,
    }),
  ]
}

/** `[Wireless]` is a set of characters, too: with more wildcards beside it, it takes far more than the name that has it. */
function wordInBrackets(source: Source, path: Path, node: Scalar, glob: string): ConfigMistake[] {
  if (!/[*?]/.test(glob.replaceAll(SET, ''))) return []
  const word = [...glob.matchAll(SET)].find(([, set = '']) => isWord(set))?.[0]
  if (word === undefined) return []
  const escaped = glob.replaceAll(word, `\\${word.slice(0, -1)}\\]`)
  return [
    mistakeAt(source, offsetOf(node), {
      path,
      message: `${labelOf(path)}: ${word} means one of these characters as well as the word`,
      hint: `brackets that stand for themselves: ${entry(path, escaped)}`,
    }),
  ]
}

/** No set has a character twice, or a space: nobody means `[Wireless]` for one. */
function isWord(set: string): boolean {
  if (/^[!^]|[^-]-[^-]|\[:/.test(set)) return false
  return /\s/.test(set) || new Set(set).size < set.length
}

/** Devices are below a port, and have numbers that are others after the next plug. */
function wholeDevpath(source: Source, path: Path, node: Scalar, glob: string): ConfigMistake[] {
  const key = path.findLast((step) => typeof step === 'string')
  const [, meant] = key === 'devpath' && isLiteral(glob) ? (meantByPath(glob) ?? []) : []
  if (meant === undefined) return []
  return [
    mistakeAt(source, offsetOf(node), {
      path,
      message: 'devpath: no device has this path after each plug: a part of it is numbered anew',
      hint: `all that is plugged in there: ${entry(path, meant)}`,
    }),
  ]
}

function regexPart(source: Source, path: Path, node: Scalar, glob: string): ConfigMistake[] {
  const doubt = regexDoubt(glob, labelOf(path) === 'name')
  if (doubt === undefined) return []
  const meant = globOfRegex(glob)
  return [
    mistakeAt(source, offsetIn(source, node, doubt.at), {
      path,
      message: `${labelOf(path)}: ${doubt.words}`,
      hint:
        meant === undefined
          ? GLOB_SIGNS
          : `if this is a regular expression, as a glob: ${entry(path, meant)}`,
    }),
  ]
}

/** Where a character of a text is written, as far as nothing before it is escaped. */
function offsetIn({ text }: Source, node: Scalar, at: number): number {
  const start = offsetOf(node) + (node.type === 'PLAIN' ? 0 : 1)
  const written = String(node.value).slice(0, at)
  return text.startsWith(written, start) ? start + at : offsetOf(node)
}

/** routes, n, match, perhaps n, the key, and what is below it. */
function isDeviceText(path: Path): boolean {
  const [routes, match, key = ''] = path.filter((step) => typeof step === 'string')
  return routes === 'routes' && match === 'match' && DEVICE_TEXTS.includes(key)
}

function labelOf(path: Path): string {
  return path.findLast((step) => typeof step === 'string') ?? ''
}

function entry(path: Path, text: string): string {
  const last = path.at(-1)
  return `${typeof last === 'string' ? `${last}: ` : ''}${JSON.stringify(text)}`
}
