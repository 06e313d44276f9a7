import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/torture/**/*.test.ts'],
    globalSetup: 'test/torture/harness/global-setup.ts',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // All daemons of one machine hear the same kernel.
    fileParallelism: false,
    reporters: ['verbose'],
  },
})
