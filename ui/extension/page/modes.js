// The kind of answer (auto, instant, thinking) and the thinking time, chosen in the page's menus if it has them.
import {isVisible, nameOf} from './page.js'
import {TimedOut} from './watch.js'

const MENU = 1  // seconds until a menu is open

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
  const lacking = kind === 'auto' ? [] : [`response_type=${kind}`]  // auto is what the page does by itself
  if (!(await openMenu(page, watch))) return lacking
  const row = page.all('mode').find((item) => offers(page, item, kind))
  if (!row) {
    closeMenu(page)
    await closed(page, watch)
    return lacking
  }
  const times = kind === 'thinking' ? [...row.querySelectorAll('button')].filter(isVisible) : []
  const chosen = times.length ? await chooseTime(page, watch, times, time) : time === 'standard' || kind !== 'thinking'
  if (!times.length) press(row)
  await closed(page, watch)
  return chosen ? [] : [`thinking_time=${time}`]
}

/** Choose a thinking time: by a button of its own in the row, or in the menu that the row's button opens. */
async function chooseTime(page, watch, buttons, time) {
  const direct = buttons.find((button) => offers(page, button, time))
  press(direct ?? buttons[0])
  const find = () => page.all('mode').find((item) => offers(page, item, time))
  const item = direct ? null : await within(watch, find)
  if (item) press(item)
  if (!direct && !item) closeMenu(page)
  return Boolean(direct || item)
}

/** Return whether a menu item stands for a choice: by an id, or by its name in the page's language. */
function offers(page, item, choice) {
  const ids = [item.dataset.testid, item.dataset.value, item.getAttribute('value')].filter(Boolean)
  return ids.some((id) => id === choice || id.endsWith(`-${choice}`)) || Boolean(page.pattern(choice)?.test(nameOf(item)))
}

/** Open the menu. Its button may be covered or drawn anew while it is pressed, so it is pressed up to three times. */
async function openMenu(page, watch) {
  for (let attempt = 0; attempt < 3; attempt++) {
    const button = page.find('modes')
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
