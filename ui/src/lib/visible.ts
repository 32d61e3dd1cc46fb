import { INVISIBLE } from './invisible'

/** Foreign text is shown verbatim: control and invisible characters are escaped, as on the command line. */
function show(mark: string): string {
  const code = mark.codePointAt(0)!
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Escapes control, invisible and bidirectional characters. `lines`: keep line breaks. */
export const makeVisible = (text: string, lines = false): string =>
  text.replace(INVISIBLE, (mark, flag) => (flag || (lines && (mark === '\n' || mark === '\t')) ? mark : show(mark)))
