/** Markdown as tokens, with math and footnotes; whatever cannot be parsed is one paragraph of text. */
import { Marked, type Token, type TokenizerAndRendererExtension, type Tokens } from 'marked'
import { makeVisible } from '../../../lib/visible'

const LONGEST = 200_000 // characters; longer texts are data rather than prose
const TOP_LEVEL = 4 // below the page, the conversation and the message
const BLOCK_MATH = /^ {0,3}(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\]) *(?:\n|$)/
const INLINE_MATH = /^(?:\$\$([^$\n]+?)\$\$|\\\(([^\n]+?)\\\)|\\\[([^\n]+?)\\\]|\$(?![\s$])((?:\\.|[^$\n\\])*?(?:\\.|[^$\n\\\s]))\$(?!\d))/
const FOOTNOTE = /^\[\^(\d{1,4})\]/
const ENTITIES: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', ndash: '–', mdash: '—', hellip: '…', rarr: '→', larr: '←', times: '×', deg: '°', copy: '©', middot: '·', bull: '•',
}

export interface MathToken { type: 'math'; raw: string; text: string; display: boolean }
export interface FootnoteToken { type: 'footnote'; raw: string; number: number }

function math(level: 'block' | 'inline', pattern: RegExp, hint: RegExp): TokenizerAndRendererExtension {
  return {
    name: `${level}Math`,
    level,
    start: (source) => { const index = source.search(hint); return index < 0 ? undefined : index },
    tokenizer: (source) => {
      const match = pattern.exec(source)
      if (!match) return undefined
      const display = level === 'block' || /^(\$\$|\\\[)/.test(match[0])
      return { type: 'math', raw: match[0], text: (match.slice(1).find(Boolean) ?? '').trim(), display } satisfies MathToken
    },
  }
}

const footnote: TokenizerAndRendererExtension = {
  name: 'footnote',
  level: 'inline',
  start: (source) => { const index = source.indexOf('[^'); return index < 0 ? undefined : index },
  tokenizer: (source) => {
    const match = FOOTNOTE.exec(source)
    return match ? { type: 'footnote', raw: match[0], number: Number(match[1]) } satisfies FootnoteToken : undefined
  },
}

const extensions = [math('block', BLOCK_MATH, /^ {0,3}(?:\$\$|\\\[)/m), math('inline', INLINE_MATH, /\$|\\[([]/), footnote]
const prose = new Marked({ gfm: true, extensions })
const typed = new Marked({ gfm: true, breaks: true, extensions })

/** Parses Markdown. `breaks`: a line break is one, as in what people type. */
export function parse(text: string, breaks = false): Token[] {
  const visible = makeVisible(text, true)
  if (visible.length > LONGEST) return [asText(visible)]
  try {
    const parser = breaks ? typed : prose
    const tokens = parser.lexer(visible)
    let previous = TOP_LEVEL - 1
    parser.walkTokens(tokens, (token) => { // headings leave out no level
      if (token.type !== 'heading') return
      previous = Math.min(6, previous + 1, Math.max(TOP_LEVEL, TOP_LEVEL - 2 + (token as Tokens.Heading).depth))
      Object.assign(token, { level: previous })
    })
    return tokens
  } catch { return [asText(visible)] }
}

const asText = (text: string): Token => ({ type: 'plain', raw: text, text })

/** Replaces the character references that Markdown may have. */
export const decode = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name) return ENTITIES[name] ?? whole
    const code = decimal ? Number(decimal) : parseInt(hex!, 16)
    return code > 0 && code < 0x110000 ? makeVisible(String.fromCodePoint(code), true) : whole
  })

/** Address that a link may have; undefined for all that is no page or mail address. */
export function safeAddress(href: string): string | undefined {
  try {
    const { protocol } = new URL(href)
    return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : undefined
  } catch { return undefined }
}
