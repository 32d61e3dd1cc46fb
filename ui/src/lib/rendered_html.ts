/** Foreign HTML in a frame of its own: no scripts, no network, no style sheets, and its links lead nowhere. */
interface Policy { createHTML(html: string): string }
interface Policies { createPolicy(name: string, rules: Policy): Policy }

const HEAD = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src-attr 'unsafe-inline'"><base target="_blank">`
const BODY = '<body style="margin:12px;background:#fff;color:#1a1a1a;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere">'
const policy = (window as unknown as { trustedTypes?: Policies }).trustedTypes?.createPolicy('rendered-html', { createHTML: (html) => html })

/** Attachment for an iframe. It is sandboxed before it has any content. */
export const renderHtml = (html: string) => (frame: HTMLIFrameElement): void => {
  frame.setAttribute('sandbox', '')
  frame.srcdoc = policy ? policy.createHTML(HEAD + BODY + html) : HEAD + BODY + html
}
