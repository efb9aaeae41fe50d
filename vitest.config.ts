import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{contract,server,emulator,bench,test}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    globalSetup: ['server/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
})
