// The Debian suites that test/clients/debian/trees.sh has unpacked.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

export const TREES = resolve('.cache/debian')
/** The suite of the containers' own files; those of the others lie in /trees. */
export const OWN_SUITE = 'bookworm'
export type Suite = 'bullseye' | typeof OWN_SUITE | 'trixie' | 'sid'

/** The command line of a program on the libraries of a newer suite, with that suite's loader and libc. */
export function onSuite(suite: Suite, program: string): string {
  const tree = `/trees/${suite}/tree`
  const libraries = `${tree}/usr/lib/x86_64-linux-gnu`
  // libpulse finds the second one by a RUNPATH that begins at the root.
  return `${tree}/lib64/ld-linux-x86-64.so.2 --library-path ${libraries}:${libraries}/pulseaudio ${program}`
}

/** Version of a Debian package that was unpacked. */
export async function versionOf(suite: Suite, name: string): Promise<string> {
  const path = `${TREES}/${suite}/versions`
  const lines = (await readFile(path, 'utf8')).split('\n')
  const version = lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]
  if (version === undefined) throw new Error(`${path} has no ${name}`)
  return version
}
