/** Connection kinds. */
import Bot from '@lucide/svelte/icons/bot'
import Plug from '@lucide/svelte/icons/plug'
import SquareTerminal from '@lucide/svelte/icons/square-terminal'
import { texts } from '../../texts/connect'

export const KINDS = [
  {
    kind: 'gpt', suggested: texts.kinds.gptName, icon: Bot, title: texts.kinds.gpt, lead: texts.kinds.gptLead,
    for: texts.kinds.gptFor,
  },
  {
    kind: 'app', suggested: texts.kinds.appName, icon: Plug, title: texts.kinds.app, lead: texts.kinds.appLead,
    for: texts.kinds.appFor,
  },
  {
    kind: 'script', suggested: texts.kinds.scriptName, icon: SquareTerminal, title: texts.kinds.script, lead: texts.kinds.scriptLead,
    for: texts.kinds.scriptFor,
  },
] as const

export type Kind = (typeof KINDS)[number]['kind']
