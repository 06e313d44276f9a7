#!/usr/bin/env -S node --max-semi-space-size=4 --min-semi-space-size=4 --optimize-for-size
// The program's first file: an old Node.js must get through it, so what it starts is imported only when this one is new enough. Its young generation
// is small: a daemon that idles need not keep 30 MiB ready for garbage.
import { nodeProblem } from '../node-version.js'

const problem = nodeProblem(process.versions.node)
if (problem === undefined) {
  await import('./program.js')
} else {
  process.stderr.write('udev-proxy: ' + problem + '\n')
  // EXIT.environment, of a file that an old one can't read.
  process.exitCode = 77
}
