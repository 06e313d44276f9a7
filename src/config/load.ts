// Text to config, or to all that is wrong with it.

import { isUtf8 } from 'node:buffer'
import type { ConfigMistake } from '../errors.js'
import { ConfigError } from '../errors.js'
import type { Config } from './config.js'
import type { Path } from './document.js'
import { mistakeAt, parseSource } from './document.js'
import { doubtfulTexts } from './doubtful.js'
import { explainIssues, pointAt } from './explain.js'
import { readConfigFile } from './file.js'
import { placeOf, readDocument } from './read.js'
import { routeMistakes } from './routes.js'
import { ConfigFile } from './schema.js'
import { isReadable, syntaxMistakes } from './syntax.js'

/** A config, and what it says besides that is probably not what was meant. */
export interface LoadedConfig {
  config: Config
  /** In the order of the text. */
  warnings: ConfigMistake[]
  /** A mistake or a remark at what is written at `path`. */
  mistakeIn: (path: Path, words: { message: string; hint?: string }) => ConfigMistake
}

/** Reads the config at `path`. Throws ConfigError with every mistake; a file that can't be read is one. */
export function loadConfig(path: string): Config {
  return loadConfigFile(path).config
}

/** As loadConfig. A file that others than root and this user may write is a mistake when that is `strict`, else a warning. */
export function loadConfigFile(path: string, { strict = false } = {}): LoadedConfig {
  const read = readConfigFile(path)
  if ('mistake' in read) throw new ConfigError([read.mistake])
  const { bytes, unsafe } = read
  if (strict && unsafe.length > 0) throw new ConfigError(unsafe)
  const text = bytes.toString('utf8')
  if (isUtf8(bytes)) {
    const loaded = readConfig(text, path)
    return { ...loaded, warnings: [...unsafe, ...loaded.warnings] }
  }
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
  return readConfig(text, file).config
}

/** As parseConfig, with warnings. */
export function readConfig(text: string, file: string): LoadedConfig {
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
  return {
    config: { ...data, routes: data.routes.map((route) => ({ properties, libudevZero, ...route })) },
    warnings: inOrder(doubtfulTexts(source, reading)),
    mistakeIn: (path, words) => mistakeAt(source, pointAt(placeOf(reading, path)), { path, ...words }),
  }
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
