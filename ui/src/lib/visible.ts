/** Words of others are shown as they are written: what would act unseen is shown instead of letting it act. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function show(mark: string): string {
  const code = mark.charCodeAt(0)
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Shows the characters that steer, or turn the direction of what follows. `lines`: a text of several lines keeps them. */
export const makeVisible = (text: string, lines = false): string =>
  text.replace(UNSEEN, (mark) => (lines && (mark === '\n' || mark === '\t') ? mark : show(mark)))
