import { join } from 'node:path';
import process from 'node:process';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The pages with hot reload in a browser, in front of a running `corvusllm serve`. */
const dashboard = process.env['CORVUSLLM_DASHBOARD'] ?? 'http://127.0.0.1:4477';

/** Hot reload needs an inline script, which the pages' own policy rightly refuses. */
const withoutPolicy: Plugin = {
  name: 'without-policy',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
};

export default defineConfig({
  root: join(import.meta.dirname, 'src/renderer'),
  plugins: [react(), tailwindcss(), withoutPolicy],
  server: {
    host: '127.0.0.1',
    proxy: {
      // The dashboard answers only to its own origin.
      '/api': { target: dashboard, changeOrigin: true, headers: { origin: dashboard } },
    },
  },
});
