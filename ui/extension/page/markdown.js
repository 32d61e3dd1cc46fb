// An answer of the page as Markdown, with its citations and images.

const SKIPPED = new Set(['BUTTON', 'SVG', 'STYLE', 'SCRIPT', 'TEMPLATE', 'NOSCRIPT', 'INPUT', 'SELECT', 'TEXTAREA', 'AUDIO', 'VIDEO', 'IFRAME'])
const BLOCKS = new Set([
  'ADDRESS', 'ARTICLE', 'ASIDE', 'BLOCKQUOTE', 'DETAILS', 'DIV', 'DL', 'DT', 'DD', 'FIGCAPTION', 'FIGURE', 'FOOTER', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6',
  'HEADER', 'HR', 'LI', 'MAIN', 'NAV', 'OL', 'P', 'PRE', 'SECTION', 'SUMMARY', 'TABLE', 'UL',
])
const MARKS = {STRONG: '**', B: '**', EM: '*', I: '*', DEL: '~~', S: '~~'}
const CITATION = '[data-testid="webpage-citation-pill"], [data-testid="citation"], sup a'
const MOST = 500  // citations, and images, of one answer

/** Write an element as Markdown: {text, citations: [{title, url}], images: [{alt, url}]}. */
export function toMarkdown(element) {
  const writer = new Writer(element.baseURI)
  const text = writer.blocks(element).join('\n\n').replace(/[ \t]+$/gm, (spaces) => (spaces === '  ' ? spaces : ''))
  return {text: text.trim(), citations: [...writer.citations.values()], images: [...writer.images.values()]}
}

class Writer {
  citations = new Map()
  images = new Map()

  constructor(base) {
    this.base = base
  }

  /** Write the blocks inside an element. Text and inline elements between blocks are paragraphs. */
  blocks(element) {
    const blocks = []
    let line = ''
    const keeps = keepsSpace(element)
    const close = () => {
      const paragraph = tidy(line, keeps)
      if (paragraph) blocks.push(keeps ? paragraph : escapeStart(paragraph))
      line = ''
    }
    for (const child of element.childNodes) {
      if (isSkipped(child)) continue
      if (child.nodeType === Node.ELEMENT_NODE && isBlock(child)) {
        close()
        blocks.push(...this.block(child).filter(Boolean))
      } else {
        line += this.inline(child, keeps)
      }
    }
    close()
    return blocks
  }

  block(element) {
    const name = element.nodeName
    if (/^H[1-6]$/.test(name)) return [`${'#'.repeat(Number(name[1]))} ${tidy(this.inside(element)).replace(/\n/g, ' ')}`]
    if (name === 'PRE') return [fence(element)]
    if (name === 'HR') return ['---']
    if (name === 'UL' || name === 'OL') return [this.list(element)]
    if (name === 'TABLE') return [this.table(element)]
    if (name === 'BLOCKQUOTE') return [indent(this.blocks(element).join('\n\n'), '> ', '> ')]
    if (isMath(element)) return [`$$\n${mathOf(element)}\n$$`]
    return this.blocks(element)
  }

  list(element) {
    let number = element.nodeName === 'OL' ? Number(element.getAttribute('start') ?? 1) : null
    const items = [...element.children].filter((child) => !isSkipped(child))
    const written = items.map((item) => {
      const mark = number === null ? '- ' : `${number++}. `
      const box = item.querySelector(':scope > input[type=checkbox], :scope > p:first-child > input[type=checkbox]')
      const blocks = item.nodeName === 'LI' ? this.blocks(item) : this.block(item)
      const text = blocks.reduce((all, block) => all + (all ? (startsList(block) ? '\n' : '\n\n') : '') + block, '')
      return indent(`${box ? (box.checked ? '[x] ' : '[ ] ') : ''}${text}`, mark, ' '.repeat(mark.length))
    })
    return written.join(written.some((item) => item.includes('\n\n')) ? '\n\n' : '\n')
  }

  table(element) {
    const rows = [...element.rows].map((row) => [...row.cells].map((cell) => tidy(this.inside(cell)).replace(/\s*\n\s*/g, '<br>').replace(/\|/g, '\\|')))
    if (!rows.length) return ''
    const width = Math.max(...rows.map((row) => row.length))
    const write = (row) => `| ${[...row, ...Array(width - row.length).fill('')].join(' | ')} |`
    return [write(rows[0]), write(Array(width).fill('---')), ...rows.slice(1).map(write)].join('\n')
  }

  inside(element) {
    return [...element.childNodes].map((child) => this.inline(child, false)).join('')
  }

  inline(node, keeps) {
    if (node.nodeType === Node.TEXT_NODE) return keeps ? node.data : escape(node.data.replace(/[ \t\r\n]+/g, ' '))
    if (node.nodeType !== Node.ELEMENT_NODE || isSkipped(node)) return ''
    const name = node.nodeName
    if (name === 'BR') return '\n'
    if (name === 'CODE' || name === 'KBD' || name === 'SAMP') return code(node.textContent)
    if (name === 'IMG') return this.image(node)
    if (isMath(node)) return node.querySelector('.katex-display') || node.matches('.katex-display') ? `\n$$\n${mathOf(node)}\n$$\n` : `$${mathOf(node)}$`
    if (name === 'A') return this.link(node)
    const text = isBlock(node) ? this.blocks(node).join('\n') : [...node.childNodes].map((child) => this.inline(child, keeps)).join('')
    return name in MARKS ? surround(text, MARKS[name]) : text
  }

  link(element) {
    const url = this.address(element.getAttribute('href'))
    const image = element.querySelector('img')
    const text = tidy(this.inside(element)).replace(/\n/g, ' ')
    if (!url) return text
    const title = image ? text : text || new URL(url).hostname
    if (element.matches(CITATION) || element.closest(CITATION)) this.note(this.citations, url, {title: plain(title), url})
    return title === url || title === escape(url) ? `<${url}>` : `[${title}](${target(url)})`
  }

  image(element) {
    const url = this.address(element.currentSrc || element.getAttribute('src'))
    if (!url || (element.naturalWidth <= 32 && element.closest(`a, ${CITATION}`))) return ''  // the icon of a site
    const alt = element.alt.replace(/\s+/g, ' ').trim()
    this.note(this.images, url, {alt, url})
    return `![${escape(alt)}](${target(url)})`
  }

  note(all, url, value) {
    if (!all.has(url) && all.size < MOST) all.set(url, value)
  }

  /** Make an address absolute; one that runs a program or is the page's own memory is none. */
  address(value) {
    if (!value) return ''
    try {
      const url = new URL(value, this.base)
      return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : ''
    } catch {
      return ''
    }
  }
}

const isBlock = (element) => BLOCKS.has(element.nodeName) || element.matches('.katex-display')
const isMath = (element) => element.matches('.katex, .katex-display, math') && Boolean(element.querySelector('annotation[encoding="application/x-tex"]'))
const mathOf = (element) => element.querySelector('annotation[encoding="application/x-tex"]').textContent.trim()
const keepsSpace = (element) => /^(pre|break-spaces)/.test(getComputedStyle(element).whiteSpace)
const startsList = (block) => /^([-*+]|\d+\.) /.test(block)
const plain = (text) => text.replace(/\\([\\`*_[\]<])/g, '$1')
const target = (url) => url.replace(/[()\s]/g, (found) => encodeURIComponent(found).replace('(', '%28').replace(')', '%29'))

function isSkipped(node) {
  if (node.nodeType === Node.COMMENT_NODE) return true
  if (node.nodeType !== Node.ELEMENT_NODE) return false
  if (SKIPPED.has(node.nodeName.toUpperCase()) || node.hidden || node.getAttribute('aria-hidden') === 'true') return !isMath(node)
  return node.matches('.sr-only')
}

function tidy(text, keeps = false) {
  if (keeps) return text.replace(/^\n+|\s+$/g, '')
  return text.replace(/ *\n */g, '\n').replace(/ {2,}/g, ' ').trim()
}

/** Escape what would become Markdown inside of a line. */
function escape(text) {
  return text
    .replace(/\\(?=[\\`*_{}[\]()#+\-.!<>|])/g, '\\\\')
    .replace(/`/g, '\\`')
    .replace(/\*(?=\S)|(?<=\S)\*/g, '\\*')
    .replace(/(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/\[(?=[^\]]*\]\()/g, '\\[')
    .replace(/<(?=[a-z/!?])/gi, '\\<')
}

/** Escape what would become Markdown at the start of a line. */
const escapeStart = (text) => text.replace(/^(#{1,6} |[-+] |> ?|={3,}$|-{3,}$)/gm, '\\$1').replace(/^(\d+)([.)] )/gm, '$1\\$2')

function surround(text, mark) {
  const [, before, inner, after] = text.match(/^(\s*)([\s\S]*?)(\s*)$/)
  return inner ? `${before}${mark}${inner}${mark}${after}` : text
}

function code(text) {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const mark = '`'.repeat(longest + 1)
  const space = /^`|`$|^ .* $/.test(text) ? ' ' : ''
  return `${mark}${space}${text.replace(/\n/g, ' ')}${space}${mark}`
}

/** Write a block of code. Its language is a class of the code, or the text above it. */
function fence(element) {
  const content = element.querySelector('code') ?? element
  const text = content.textContent.replace(/\n$/, '')
  const longest = Math.max(2, ...(text.match(/^`{3,}/gm) ?? []).map((run) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}${languageOf(element, content)}\n${text}\n${mark}`
}

function languageOf(element, content) {
  const named = [content, element].flatMap((each) => [...each.classList]).find((name) => name.startsWith('language-'))
  if (named) return named.replace(/^language-(text|plaintext)?/, '')
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  const first = walker.nextNode()
  if (!first || content.contains(first) || first.parentElement.closest('button')) return ''
  const text = first.data.trim().toLowerCase()
  return /^[\w#+.-]{1,20}$/.test(text) && text !== 'text' ? text : ''
}

const indent = (text, first, others) => text.split('\n').map((line, index) => (index ? (line ? others : others.trimEnd()) : first) + line).join('\n')
