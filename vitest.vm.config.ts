// The tests that run in the VM, on its one Docker Engine and its one daemon: one after the other.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/vm/**/*.test.ts'],
    globalSetup: 'test/vm/harness/setup.ts',
    // Software emulation is some 20 times slower than the machine: what is imported once is not imported again.
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    cache: false,
    reporters: ['verbose', 'json'],
    outputFile: { json: '.cache/vm/results/report.json' },
  },
})
