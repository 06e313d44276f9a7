// The tests that run in the VM, on its one Docker Engine and its one daemon: one after the other.
import { defineConfig } from 'vitest/config'
import type { TestSequencer, TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

const isLast = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/uninstall.test.ts')

/** By name, but for the one that takes away what the others run. */
class ByName extends BaseSequencer implements TestSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(
      files.toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)) || a.moduleId.localeCompare(b.moduleId)),
    )
  }
}

export default defineConfig({
  test: {
    include: ['test/vm/**/*.test.ts'],
    globalSetup: 'test/vm/harness/setup.ts',
    // Software emulation is some 20 times slower than the machine: what is imported once is not imported again.
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    sequence: { sequencer: ByName },
    testTimeout: 180_000,
    hookTimeout: 240_000,
    reporters: ['verbose', 'json'],
    outputFile: { json: '.cache/vm/results/report.json' },
  },
})
