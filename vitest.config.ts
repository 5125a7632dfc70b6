import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Rendering and real processes take seconds on a small machine; a hang is still cut.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
