import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',       // WebView2, WKWebView 15.4, WebKitGTK 2.40, Qt 6.5
    assetsInlineLimit: 0,   // a data: font or picture would need a hole in the page's CSP
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
