import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    globalSetup: 'test/integration/harness/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // All daemons of one machine hear the same kernel.
    fileParallelism: false,
  },
})
