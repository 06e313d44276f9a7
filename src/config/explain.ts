// Turns what zod found into mistakes that a person understands, at the place in the text that is to be changed.

import { isScalar } from 'yaml'
import type * as z from 'zod'
import type { ConfigMistake } from '../errors.js'
import type { Path, Source } from './document.js'
import { mistakeAt, offsetOf, sourceOf } from './document.js'
import { fieldOf } from './field.js'
import { keyHint, missingHint, placeName, valueHint } from './hint.js'
import type { Place, Reading } from './read.js'
import { placeOf } from './read.js'
import { KEYS } from './schema.js'

type Issue = z.core.$ZodIssue

export function explainIssues(source: Source, reading: Reading, issues: readonly Issue[]): ConfigMistake[] {
  return issues
    .flatMap((issue) => leaves(reading, issue))
    .flatMap((issue) => {
      const path = pathOf(issue)
      if (issue.code === 'unrecognized_keys') return unknownKeys(source, reading, path, issue.keys)
      if (issue.code === 'invalid_key')
        return unknownKeys(source, reading, path.slice(0, -1), [String(path.at(-1))])
      return [wrongValue(source, reading, path, issue.message)]
    })
}

/** Where to point for a place: at its value, or at the key when no value is written. */
export function pointAt({ key, value }: Place): number {
  const isWritten = !isScalar(value) || value.value !== null || sourceOf(value) !== ''
  return offsetOf(isWritten ? (value ?? key) : (key ?? value))
}

/** Takes unions apart: the branch that is meant is the one for the kind of value that is there. */
function leaves(reading: Reading, issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const value = valueAt(reading.value, pathOf(issue))
  const meant = issue.errors.filter((branch) => !branch.some((inner) => isOtherKind(inner, value)))
  const [branch] = meant
  if (branch === undefined || meant.length > 1) return [issue]
  return branch.flatMap((inner) => leaves(reading, { ...inner, path: [...issue.path, ...inner.path] }))
}

function isOtherKind({ code, path }: Issue, value: unknown): boolean {
  if (path.length > 0) return false
  return (
    code === 'invalid_type' ||
    (typeof value === 'object' && (code === 'invalid_value' || code === 'invalid_union'))
  )
}

function unknownKeys(source: Source, reading: Reading, path: Path, keys: readonly string[]): ConfigMistake[] {
  const object = fieldOf(path)
  const known = KEYS[object] ?? []
  return keys.map((key) => {
    const place = placeOf(reading, [...path, key])
    return mistakeAt(source, offsetOf(place.key), {
      path: [...path, key],
      message: `unknown key ${shown(key)} ${placeName(object)}: expected ${known.join(', ')}`,
      hint: keyHint(key, object, writtenAt(reading, [...path, key])),
    })
  })
}

/** A number as it is written: 0541 is none that is 541. */
function writtenAt(reading: Reading, path: Path): unknown {
  const value = valueAt(reading.value, path)
  return typeof value === 'number' ? sourceOf(placeOf(reading, path).value) : value
}

function wrongValue(source: Source, reading: Reading, path: Path, expected: string): ConfigMistake {
  const place = placeOf(reading, path)
  const field = fieldOf(path)
  const last = path.at(-1)
  const key = typeof last === 'string' ? last : undefined
  if (!place.found) {
    const object = fieldOf(path.slice(0, -1))
    const message = `${object === 'config' ? 'the config' : object} has no ${key ?? field}: expected ${expected}`
    return mistakeAt(source, pointAt(place), { path, message, hint: missingHint(field) })
  }
  const value = valueAt(reading.value, path)
  const written = sourceOf(place.value)
  return mistakeAt(source, pointAt(place), {
    path,
    message: `${labelOf(path, field)}: expected ${expected}, found ${found(value, written)}`,
    hint: valueHint({ field, key, value, written }),
  })
}

function labelOf(path: Path, field: string): string {
  if (field === 'label value') return String(path.at(-1))
  if (field === 'config') return 'the config'
  return field === 'file version' || field === 'route name' ? String(path.at(-1)) : field
}

function found(value: unknown, written: string | undefined): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
  if (typeof value === 'string') return value === '' ? 'an empty text' : shown(value)
  return `the ${typeof value} ${written ?? JSON.stringify(value)}`
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}

function pathOf({ path }: Issue): (string | number)[] {
  return path.map((step) => (typeof step === 'number' ? step : String(step)))
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    value,
  )
}
