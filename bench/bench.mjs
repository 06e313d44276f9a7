// Compiles the benchmark and its C programs into .cache/, and runs it. udev-proxy must have been built; needs root.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
execFileSync('test/clients/build.sh', { stdio: 'inherit' })
execFileSync('node_modules/.bin/tsc', ['--project', 'bench/tsconfig.json'], { stdio: 'inherit' })
await import('../.cache/bench/bench/main.js')
