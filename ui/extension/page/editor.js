// ChatGPT's editor (ProseMirror): reading and entering text.

const BLOCKS = new Set(['P', 'DIV', 'LI', 'PRE', 'BLOCKQUOTE', 'UL', 'OL'])

/** Read the text of an editor, with a line for each paragraph and line break. */
export function readEditor(editor) {
  if (typeof editor.value === 'string') return editor.value
  return readLines(editor).join('\n')
}

function readLines(node) {
  const lines = []
  let line = null
  const close = () => {
    if (line !== null) lines.push(line.replace(/\n$/, ''))  // the last break of a block is not shown
    line = null
  }
  for (const child of node.childNodes) {
    if (BLOCKS.has(child.nodeName)) {
      close()
      const inner = readLines(child)
      lines.push(...(inner.length ? inner : ['']))
    } else {
      line = (line ?? '') + readInline(child)
    }
  }
  close()
  return lines
}

function readInline(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data
  if (node.nodeName === 'BR') return '\n'
  return [...node.childNodes].map(readInline).join('')
}

const tidy = (text) => text.replace(/\r\n?/g, '\n').replace(/[\u00a0\u200b]/g, (found) => (found === '\u00a0' ? ' ' : '')).replace(/[ \t]+$/gm, '').trim()

/** Compare what was to be entered with what the editor has: "same", "blank_lines" (only those differ) or "different". */
export function compare(wanted, actual) {
  const [left, right] = [tidy(wanted), tidy(actual)]
  if (left === right) return 'same'
  const squeeze = (text) => text.replace(/\n{2,}/g, '\n')
  return squeeze(left) === squeeze(right) ? 'blank_lines' : 'different'
}

/** Empty an editor. */
export function clear(editor) {
  select(editor)
  if (readEditor(editor)) editor.ownerDocument.execCommand('delete')
}

/** Paste text, as a person would: typing a thousand lines freezes the editor. */
export function paste(editor, text) {
  select(editor)
  const data = new DataTransfer()
  data.setData('text/plain', text)
  const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})
  editor.dispatchEvent(event)
}

/** Type text. */
export function type(editor, text) {
  select(editor)
  editor.ownerDocument.execCommand('insertText', false, text)
}

function select(editor) {
  editor.focus()
  if (typeof editor.select === 'function') editor.select()
  else editor.ownerDocument.getSelection().selectAllChildren(editor)
}
