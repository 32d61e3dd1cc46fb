// The kind of answer (auto, instant, thinking) and the thinking time, chosen in the page's menus if it has them.
import {nameOf} from './page.js'
import {TimedOut} from './watch.js'

const MENU = 2  // seconds until a menu is open

/** Press an element as a pointer does: some menus open on the way down. */
export function press(element) {
  const options = {bubbles: true, cancelable: true, composed: true, button: 0, pointerType: 'mouse', isPrimary: true}
  element.dispatchEvent(new PointerEvent('pointerdown', options))
  element.dispatchEvent(new MouseEvent('mousedown', options))
  element.dispatchEvent(new PointerEvent('pointerup', options))
  element.dispatchEvent(new MouseEvent('mouseup', options))
  element.click()
}

/** Choose a kind of answer and a thinking time. Returns what the page does not offer: ["response_type=thinking"]. */
export async function chooseMode(page, watch, {response_type: kind, thinking_time: time}) {
  const wanted = kind === 'thinking' ? [kind, time] : [kind]
  if (!(await openMenu(page, watch))) return kind === 'auto' ? [] : [`response_type=${kind}`]
  const row = page.all('mode').find((item) => offers(page, item, kind))
  if (!row) {
    closeMenu(page)
    return kind === 'auto' ? [] : [`response_type=${kind}`]
  }
  const button = wanted.length > 1 && [...row.querySelectorAll('button')].find((each) => offers(page, each, time))
  press(button || row)
  await closed(page, watch)
  if (wanted.length === 1 || button || !time) return []
  return (await chooseTime(page, watch, time)) ? [] : [`thinking_time=${time}`]
}

/** Choose a thinking time where it has a menu of its own, or is a second level of the first one. */
async function chooseTime(page, watch, time) {
  if (time === 'standard' && !page.find('times')) return true  // it is what the page does by itself
  if (!(await openMenu(page, watch, page.find('times') ? 'times' : 'modes'))) return false
  const row = page.all('mode').find((item) => offers(page, item, time))
  if (row) press(row)
  else closeMenu(page)
  await closed(page, watch)
  return Boolean(row)
}

/** Return whether a menu item stands for a choice: by an id, or by its name in the page's language. */
function offers(page, item, choice) {
  const ids = [item.dataset.testid, item.dataset.value, item.getAttribute('value')].filter(Boolean)
  return ids.some((id) => id === choice || id.endsWith(`-${choice}`)) || Boolean(page.pattern(choice)?.test(nameOf(item)))
}

/** Open a menu. Its button may be covered or drawn anew while it is pressed, so it is pressed up to three times. */
async function openMenu(page, watch, part = 'modes') {
  for (let attempt = 0; attempt < 3; attempt++) {
    const button = page.find(part)
    if (!button) return false
    press(button)
    if (await within(watch, () => page.find('mode'))) return true
  }
  return false
}

const closed = (page, watch) => within(watch, () => !page.find('mode'))

async function within(watch, condition) {
  try {
    return await watch.until(condition, MENU)
  } catch (error) {
    if (error instanceof TimedOut) return false
    throw error
  }
}

function closeMenu(page) {
  const target = page.document.activeElement ?? page.document.body
  target.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true}))
}
