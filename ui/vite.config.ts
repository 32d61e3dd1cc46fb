import { svelte } from '@sveltejs/vite-plugin-svelte'
import { Marked } from 'marked'
import { defineConfig, type Plugin } from 'vite'

const GUIDE = /(?:^|\/)([\w-]+)\.md(?:#.*)?$/

/** Guides of docs/ as modules `{title, html}`, so that the window shows them without the network and without a parser. */
function guides(): Plugin {
  const markdown = new Marked({
    walkTokens: (token) => {
      if (token.type === 'link' && !/^[a-z]+:/.test(token.href as string)) token.href = `#help/${GUIDE.exec(token.href as string)?.[1] ?? ''}`
    },
  })
  return {
    name: 'guides',
    transform(code, id) {
      if (!id.endsWith('.md')) return undefined
      const [first = '', ...rest] = code.split('\n')
      const html = (markdown.parse(rest.join('\n')) as string).replaceAll('<a href="http', '<a target="_blank" rel="noreferrer" href="http')
      return `export default ${JSON.stringify({ title: first.replace(/^# /, ''), html })}`
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
