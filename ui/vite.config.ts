import { svelte } from '@sveltejs/vite-plugin-svelte'
import { Marked } from 'marked'
import { compile } from 'svelte/compiler'
import { defineConfig, type Plugin } from 'vite'

const GUIDE = /(?:^|\/)([\w-]+)\.md(?:#.*)?$/

/** Guides of docs/ as components, so that the window shows them without the network, a parser or trusted HTML of its own. */
function guides(): Plugin {
  const markdown = new Marked({
    walkTokens: (token) => {
      if (token.type === 'link' && !/^[a-z]+:/.test(token.href as string)) token.href = `#help/${GUIDE.exec(token.href as string)?.[1] ?? ''}`
    },
  })
  return {
    name: 'guides',
    transform(text, id) {
      if (!id.endsWith('.md')) return undefined
      const [first = '', ...rest] = text.split('\n')
      const html = (markdown.parse(rest.join('\n')) as string)
        .replaceAll('<a href="http', '<a target="_blank" rel="noreferrer" href="http')
        .replace(/[{}]/g, (brace) => `&#${brace.charCodeAt(0)};`)
      const source = `<script module>export const title = ${JSON.stringify(first.replace(/^# /, ''))}</script>\n${html}`
      return { code: compile(source, { filename: id, generate: 'client' }).js.code, map: null }
    },
  }
}

export default defineConfig({
  plugins: [svelte(), guides()],
  server: { fs: { allow: ['..'] } },
  build: {
    target: 'es2022',       // WebView2, WKWebView 15.4, WebKitGTK 2.40, Qt 6.5
    assetsInlineLimit: 0,   // a data: font or picture would need a hole in the page's CSP
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
