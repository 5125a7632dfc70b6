import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/support/random-setup.ts'],
    // By itself it would leave a core free, which is half of a small machine; many tests wait for processes of their own.
    maxWorkers: availableParallelism(),
    // Rendering and real processes take seconds on a small machine; a hang is still cut.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
