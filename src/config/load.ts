// Text to config, or to all that is wrong with it.

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { ConfigMistake } from '../errors.js'
import { ConfigError, isSystemError, messageOf } from '../errors.js'
import type { Config } from './config.js'
import { mistakeAt, parseSource } from './document.js'
import { explainIssues } from './explain.js'
import { readDocument } from './read.js'
import { routeMistakes } from './routes.js'
import { ConfigFile } from './schema.js'
import { isReadable, syntaxMistakes } from './syntax.js'

/** Reads the config at `path`. Throws ConfigError with every mistake; a file that can't be read is one. */
export function loadConfig(path: string): Config {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ConfigError([unreadable(path, error)])
  }
  const text = bytes.toString('utf8')
  if (isUtf8(bytes)) return parseConfig(text, path)
  const message = 'this is not UTF-8'
  throw new ConfigError([
    mistakeAt(parseSource(text, path), text.indexOf('\ufffd'), { message, hint: 'save it as UTF-8' }),
  ])
}

/**
 * The config that `text` means; `file` is what mistakes call it. Throws ConfigError with every mistake, in the
 * order of the text.
 */
export function parseConfig(text: string, file: string): Config {
  const source = parseSource(text, file)
  if (source.document.contents === null && source.document.errors.length === 0) {
    throw new ConfigError([
      mistakeAt(source, 0, {
        message: 'the config is empty',
        hint: 'the least is version: 1 and routes: []',
      }),
    ])
  }
  const syntax = syntaxMistakes(source)
  if (!isReadable(source)) throw new ConfigError(inOrder(syntax))

  const reading = readDocument(source)
  if (!reading.isWhole) throw new ConfigError(inOrder(reading.mistakes))

  const { data, error } = ConfigFile.safeParse(reading.value)
  const certain = unlessIn(syntax, reading.mistakes)
  const doubtful = [...explainIssues(source, reading, error?.issues ?? []), ...routeMistakes(source, reading)]
  const mistakes = unlessIn(certain, doubtful)
  if (data === undefined || mistakes.length > 0) throw new ConfigError(inOrder(mistakes))
  const { properties, libudevZero } = data
  return { ...data, routes: data.routes.map((route) => ({ properties, libudevZero, ...route })) }
}

/** `first`, and those of `others` that are on other lines: what YAML misread needs no second opinion. */
function unlessIn(first: readonly ConfigMistake[], others: readonly ConfigMistake[]): ConfigMistake[] {
  const lines = new Set(first.map(({ line }) => line))
  return [...first, ...others.filter(({ line }) => !lines.has(line))]
}

/** By place; the same mistake at the same place, as an alias repeats it, only once. */
function inOrder(mistakes: readonly ConfigMistake[]): ConfigMistake[] {
  const unique = new Map(
    mistakes.map((mistake) => [`${mistake.line}:${mistake.column}:${mistake.message}`, mistake]),
  )
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}

function unreadable(file: string, error: unknown): ConfigMistake {
  const at = { file, line: 1, column: 1, path: '', source: '' }
  if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
    return {
      ...at,
      message: 'there is no such file',
      hint: 'write one (version: 1, routes: []), or name another',
    }
  }
  if (isSystemError(error, 'EACCES', 'EPERM')) {
    return { ...at, message: 'not allowed to read this file', hint: 'run as root, or let this user read it' }
  }
  if (isSystemError(error, 'EISDIR')) {
    return {
      ...at,
      message: 'a directory, not a file',
      hint: `name a file, for instance ${file.replace(/\/$/, '')}/config.yaml`,
    }
  }
  return { ...at, message: `can't be read: ${messageOf(error)}` }
}
