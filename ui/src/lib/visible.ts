/** Foreign text is shown verbatim: control and invisible characters are escaped. */
const STEERING = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
const EMPTY = '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}'
const JOINERS = '(?<=[\\u0020-\\u007e])[\\u200c\\u200d]|[\\u200c\\u200d](?=[\\u0020-\\u007e])' // beside letters that nothing joins
const UNSEEN = new RegExp(`[${STEERING}${EMPTY}]|${JOINERS}`, 'gu')

function show(mark: string): string {
  const code = mark.codePointAt(0)!
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Escapes control, invisible and bidirectional characters. `lines`: keep line breaks. */
export const makeVisible = (text: string, lines = false): string =>
  text.replace(UNSEEN, (mark) => (lines && (mark === '\n' || mark === '\t') ? mark : show(mark)))
